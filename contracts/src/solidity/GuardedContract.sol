// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/**
 * @title GuardedContract
 * @notice Separate keys for separate duties: an admin grants and revokes roles, and is itself handed over
 * in two steps with a delay between them; a guardian can stop the contract and reject what was written shortly
 * before, where the contract says so, and writes nothing; only the admin lets it go on. Who does the work has a role of the contract itself.
 * Nobody is guardian and anything else. A guardian is made or dismissed in two steps, `GUARDIAN_DELAY` apart: so the one before
 * can still act on what the admin is about to do, and whoever looks on learns of it in time.
 */
abstract contract GuardedContract is AccessControlDefaultAdminRules, Pausable {
    /// @notice May pause and reject, and write nothing: somebody who checks what is done here.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// @notice Between the two steps in which the admin is handed over, seconds.
    uint48 public constant ADMIN_HANDOVER_DELAY = 1 days;

    /// @notice Between the two steps in which a guardian is made or dismissed, seconds.
    uint64 public constant GUARDIAN_DELAY = 1 days;

    /// @notice When a guardian can be made, or dismissed, as `scheduleGuardian` said; 0 where nothing is.
    mapping(address account => mapping(bool granted => uint64)) public guardianChangeAt;

    /// @notice `account` can be made guardian, or dismissed where not `granted`, from `effectiveAt` on.
    event GuardianChangeScheduled(address indexed account, bool granted, uint64 effectiveAt);

    /// @notice The change was not scheduled, or its time, `effectiveAt`, is not yet come; 0 where it was not scheduled.
    error GuardianChangeNotDue(address account, uint64 effectiveAt);
    /// @notice `account` would be guardian and have another duty.
    error DutiesApart(address account);
    /// @notice `caller` is neither the guardian nor the admin.
    error NotGuardian(address caller);

    /**
     * @param admin The first admin.
     * @param guardian Who may pause; none where zero.
     */
    constructor(
        address admin,
        address guardian
    ) AccessControlDefaultAdminRules(ADMIN_HANDOVER_DELAY, admin) {
        if (guardian != address(0)) _grantRole(GUARDIAN_ROLE, guardian);
    }

    /**
     * @notice The first step of making or dismissing a guardian; `grantRole` or `revokeRole` is the second.
     * @param account Whom.
     * @param granted Whether the account is to be made guardian, or else dismissed.
     */
    function scheduleGuardian(address account, bool granted) external onlyRole(DEFAULT_ADMIN_ROLE) {
        uint64 effectiveAt = uint64(block.timestamp) + GUARDIAN_DELAY;
        guardianChangeAt[account][granted] = effectiveAt;
        emit GuardianChangeScheduled(account, granted, effectiveAt);
    }

    /// @notice Grants a role; that of a guardian a day after it was scheduled. For the admin alone.
    function grantRole(bytes32 role, address account) public virtual override {
        if (role == GUARDIAN_ROLE) _requireDue(account, true);
        super.grantRole(role, account);
    }

    /// @notice Revokes a role at once; that of a guardian a day after it was scheduled. For the admin alone.
    function revokeRole(bytes32 role, address account) public virtual override {
        if (role == GUARDIAN_ROLE) _requireDue(account, false);
        super.revokeRole(role, account);
    }

    /// @notice Stops what `whenNotPaused` guards. For the guardian, and for the admin.
    function pause() external {
        if (!hasRole(GUARDIAN_ROLE, msg.sender) && msg.sender != defaultAdmin()) {
            revert NotGuardian(msg.sender);
        }
        _pause();
    }

    /// @notice Lets it go on. For the admin alone.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// The role of who does the contract's work.
    function _workRole() internal view virtual returns (bytes32);

    function _grantRole(bytes32 role, address account) internal virtual override returns (bool) {
        bool isHeld = role == GUARDIAN_ROLE
            ? hasRole(DEFAULT_ADMIN_ROLE, account) || hasRole(_workRole(), account)
            : hasRole(GUARDIAN_ROLE, account);
        if (isHeld) revert DutiesApart(account);
        return super._grantRole(role, account);
    }

    function _requireDue(address account, bool granted) private {
        uint64 effectiveAt = guardianChangeAt[account][granted];
        if (effectiveAt == 0 || block.timestamp < effectiveAt) {
            revert GuardianChangeNotDue(account, effectiveAt);
        }
        delete guardianChangeAt[account][granted];
    }
}
