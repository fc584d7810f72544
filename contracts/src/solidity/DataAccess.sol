// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardedContract} from "./GuardedContract.sol";

/**
 * @title DataAccess
 * @notice Records which grants of data the owners have given and revoked, a batch at a time: of each batch the
 * RFC 9162 root (SHA-256) over its changes. It holds no names, no codes and no terms, and each change has a
 * random salt, so that nobody finds out from here who reads whose data; whoever has been told a change and its
 * salt can prove that it stands in a batch.
 *
 * Batches are counted from 0 and never change: what was recorded cannot be taken out, put in another order, or
 * left out between two others.
 */
contract DataAccess is GuardedContract {
    /// @notice One batch: `count` changes with Merkle root `root`, recorded at `timestamp`.
    struct Batch {
        uint64 count;
        /// Block time, seconds since 1970.
        uint64 timestamp;
        bytes32 root;
    }

    /// @notice The batch with this number was recorded.
    event BatchRecorded(uint256 indexed batch, uint64 count, bytes32 root);

    /// @notice The next batch is `next`; none is left out.
    error NotNext(uint256 batch, uint256 next);
    /// @notice The batch was recorded with another root or count.
    error BatchDiffers(uint256 batch, uint64 countRecorded, bytes32 rootRecorded);
    /// @notice A batch has a change at least.
    error EmptyBatch(uint256 batch);
    /// @notice There are `count` batches, counted from 0.
    error NoSuchBatch(uint256 batch, uint256 count);

    /// @notice May record: the certifier.
    bytes32 public constant RECORDER_ROLE = keccak256("RECORDER_ROLE");

    Batch[] private _batches;

    /**
     * @param admin The first admin, who grants and revokes the roles.
     * @param worker Who records, until the admin grants the role to another key.
     * @param guardian Who may pause; none where zero.
     */
    constructor(address admin, address worker, address guardian) GuardedContract(admin, guardian) {
        _grantRole(RECORDER_ROLE, worker);
    }

    /**
     * @notice Records a batch. Repeating one that stands changes nothing, so that a recorder that did not hear
     * the answer can send it again. What it costs does not depend on how many changes there are.
     * @param batch Its number: one more than the last one's.
     * @param count Number of changes, 1 at least.
     * @param root RFC 9162 root over them.
     */
    function record(
        uint256 batch,
        uint64 count,
        bytes32 root
    ) external onlyRole(RECORDER_ROLE) whenNotPaused {
        uint256 next = _batches.length;
        if (batch > next) revert NotNext(batch, next);
        if (batch < next) {
            Batch storage standing = _batches[batch];
            if (standing.count != count || standing.root != root) {
                revert BatchDiffers(batch, standing.count, standing.root);
            }
            return;
        }
        if (count == 0) revert EmptyBatch(batch);
        _batches.push(Batch({count: count, timestamp: uint64(block.timestamp), root: root}));
        emit BatchRecorded(batch, count, root);
    }

    /// @notice Number of batches.
    function batchCount() external view returns (uint256) {
        return _batches.length;
    }

    /// @notice The batch with this number, counted from 0.
    function batches(uint256 batch) external view returns (Batch memory) {
        if (batch >= _batches.length) revert NoSuchBatch(batch, _batches.length);
        return _batches[batch];
    }

    function _workRole() internal pure override returns (bytes32) {
        return RECORDER_ROLE;
    }
}
