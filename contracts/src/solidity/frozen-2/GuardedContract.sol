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
 */
abstract contract GuardedContract is AccessControlDefaultAdminRules, Pausable {
    /// @notice May pause and reject, and write nothing: somebody who checks what is done here.
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// @notice Between the two steps in which the admin is handed over, seconds.
    uint48 public constant ADMIN_HANDOVER_DELAY = 1 days;

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
}
