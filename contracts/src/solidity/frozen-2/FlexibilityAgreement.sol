// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardedContract} from "./GuardedContract.sol";

/**
 * @title FlexibilityAgreement
 * @notice Certifies the agreements between aggregators and their customers: that terms with this
 * digest were accepted, and when they ended. It holds no terms, no names and no codes: the digest
 * covers the terms and the hash of their acceptance in the event log, so that nobody can guess a
 * customer's terms from it, and whoever has both can check them.
 *
 * An agreement is unknown, then in force, then ended, and never goes back: what is accepted again is
 * another agreement with another digest.
 */
contract FlexibilityAgreement is GuardedContract {
    /// @notice When an agreement was certified and when its end was, as block times; 0 for not yet.
    struct Certificate {
        uint64 certifiedAt;
        uint64 endedAt;
    }

    /// @notice The agreement with this digest is in force; `certifier` says so.
    event Certified(bytes32 indexed termsDigest, address indexed certifier);
    /// @notice The agreement with this digest has ended; `certifier` says so.
    event Ended(bytes32 indexed termsDigest, address indexed certifier);

    /// @notice The agreement was certified before.
    error AlreadyCertified(bytes32 termsDigest);
    /// @notice The agreement was never certified, or has ended.
    error NotInForce(bytes32 termsDigest);

    /// @notice May certify: the market operator.
    bytes32 public constant CERTIFIER_ROLE = keccak256("CERTIFIER_ROLE");

    /// @notice The certificate of an agreement.
    mapping(bytes32 termsDigest => Certificate) public certificateOf;

    /**
     * @param admin The first admin, who grants and revokes the roles.
     * @param worker Who certifies, until the admin grants the role to another key.
     * @param guardian Who may pause; none where zero.
     */
    constructor(address admin, address worker, address guardian) GuardedContract(admin, guardian) {
        _grantRole(CERTIFIER_ROLE, worker);
    }

    /**
     * @notice Certifies that agreements are in force; all of them, or none.
     * @param termsDigests One digest for each agreement; none may have been certified before.
     */
    function certify(
        bytes32[] calldata termsDigests
    ) external onlyRole(CERTIFIER_ROLE) whenNotPaused {
        for (uint256 i = 0; i < termsDigests.length; ++i) {
            Certificate storage certificate = certificateOf[termsDigests[i]];
            if (certificate.certifiedAt != 0) revert AlreadyCertified(termsDigests[i]);
            certificate.certifiedAt = uint64(block.timestamp);
            emit Certified(termsDigests[i], msg.sender);
        }
    }

    /**
     * @notice Certifies that agreements have ended; all of them, or none.
     * @param termsDigests One digest for each agreement; each must be in force.
     */
    function end(
        bytes32[] calldata termsDigests
    ) external onlyRole(CERTIFIER_ROLE) whenNotPaused {
        for (uint256 i = 0; i < termsDigests.length; ++i) {
            Certificate storage certificate = certificateOf[termsDigests[i]];
            if (certificate.certifiedAt == 0 || certificate.endedAt != 0) {
                revert NotInForce(termsDigests[i]);
            }
            certificate.endedAt = uint64(block.timestamp);
            emit Ended(termsDigests[i], msg.sender);
        }
    }
}
