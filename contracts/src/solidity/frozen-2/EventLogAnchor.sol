// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardedContract} from "./GuardedContract.sol";

/**
 * @title EventLogAnchor
 * @notice Keeps the sizes and roots of one append-only event log (RFC 9162 Merkle tree over
 * SHA-256), so that its past cannot be rewritten unseen. Nothing written here can be changed or
 * removed. What the contract cannot see is whether two roots are consistent: that is proven off
 * chain, by consistency proofs between anchors.
 *
 * Whoever gets hold of the anchorer's key can write sizes that the log will not have for years, which would
 * keep every honest anchor out. Within `REJECTION_WINDOW` the guardian, who cannot anchor, rejects what
 * was written falsely, from an anchor to the last one. That stays to be seen with what it rejects, counts no
 * more, and the log goes on from the anchor before.
 */
contract EventLogAnchor is GuardedContract {
    /// @notice One anchor: the log had `size` events and Merkle root `root` at `timestamp`.
    struct Anchor {
        uint64 size;
        /// Block time, seconds since 1970.
        uint64 timestamp;
        /// The guardian has rejected it: it counts no more.
        bool rejected;
        bytes32 root;
    }

    /// @notice A new anchor was stored at `index`.
    event Anchored(uint256 indexed index, uint64 size, bytes32 root);

    /// @notice The guardian has rejected the anchors from `first` to `last`.
    event Rejected(uint256 indexed first, uint256 indexed last, address guardian);

    /// @notice The log may not shrink from `sizeAnchored` to `size`.
    error SizeShrinks(uint64 sizeAnchored, uint64 size);
    /// @notice One anchor goes on by `maxStep` events at most, so that no anchor blocks all later ones.
    error StepTooLarge(uint64 sizeAnchored, uint64 size, uint64 maxStep);
    /// @notice A log of `size` events is anchored with another root.
    error RootDiffers(uint64 size, bytes32 rootAnchored, bytes32 root);
    /// @notice There are `count` anchors, counted from 0.
    error NoSuchAnchor(uint256 index, uint256 count);
    /// @notice The anchor at `index` was rejected before, or has stood for longer than `REJECTION_WINDOW`.
    error NotRejectable(uint256 index);

    /// Prefix of an inner node's hash (RFC 9162, 2.1.1).
    bytes1 private constant NODE_PREFIX = 0x01;

    /// @notice May anchor: the certifier.
    bytes32 public constant ANCHORER_ROLE = keccak256("ANCHORER_ROLE");

    /// @notice Most events by which one anchor goes on: weeks of a market of millions of meters.
    uint64 public constant MAX_STEP = 2 ** 32;

    /// @notice How long an anchor can be rejected, seconds of block time.
    uint64 public constant REJECTION_WINDOW = 1 days;

    Anchor[] private _anchors;
    /// Anchors at the end that are rejected.
    uint256 private _rejectedAtEnd;

    /**
     * @param admin The first admin, who grants and revokes the roles.
     * @param worker Who anchors, until the admin grants the role to another key.
     * @param guardian Who may pause; none where zero.
     */
    constructor(address admin, address worker, address guardian) GuardedContract(admin, guardian) {
        _grantRole(ANCHORER_ROLE, worker);
    }

    /**
     * @notice Stores the size and root of the log. Repeating the last anchor changes nothing, so
     * that a certifier that did not hear the answer can send it again.
     * @param size Number of events; not below the last anchored size, nor `MAX_STEP` above it.
     * @param root RFC 9162 root of the log of that size.
     * @return index Where the anchor stands.
     */
    function anchor(
        uint64 size,
        bytes32 root
    ) external onlyRole(ANCHORER_ROLE) whenNotPaused returns (uint256 index) {
        index = _anchors.length;
        uint256 rejectedAtEnd = _rejectedAtEnd;
        uint256 standing = index - rejectedAtEnd;
        uint64 sizeAnchored = standing == 0 ? 0 : _anchors[standing - 1].size;
        if (size > sizeAnchored && size - sizeAnchored > MAX_STEP) {
            revert StepTooLarge(sizeAnchored, size, MAX_STEP);
        }
        if (standing > 0) {
            Anchor storage last = _anchors[standing - 1];
            if (size < last.size) revert SizeShrinks(last.size, size);
            if (size == last.size) {
                if (root != last.root) revert RootDiffers(size, last.root, root);
                return standing - 1;
            }
        }
        if (rejectedAtEnd > 0) _rejectedAtEnd = 0;
        _anchors.push(
            Anchor({size: size, timestamp: uint64(block.timestamp), rejected: false, root: root})
        );
        emit Anchored(index, size, root);
    }

    /**
     * @notice Rejects the anchors from `first` to the last one, which the log does not hold. For the guardian
     * alone; what is many is rejected in several calls, the last ones first.
     * @param first The first of them, counted from 0; it can be rejected for `REJECTION_WINDOW`.
     */
    function reject(uint256 first) external onlyRole(GUARDIAN_ROLE) {
        uint256 count = _anchors.length;
        if (first >= count) revert NoSuchAnchor(first, count);
        uint256 standing = count - _rejectedAtEnd;
        if (first >= standing || _anchors[first].rejected) revert NotRejectable(first);
        if (block.timestamp >= _anchors[first].timestamp + REJECTION_WINDOW) {
            revert NotRejectable(first);
        }
        for (uint256 i = first; i < standing; ++i) _anchors[i].rejected = true;
        uint256 from = first;
        while (from > 0 && _anchors[from - 1].rejected) --from;
        _rejectedAtEnd = count - from;
        emit Rejected(first, standing - 1, msg.sender);
    }

    /// @notice Number of anchors.
    function anchorCount() external view returns (uint256) {
        return _anchors.length;
    }

    /// @notice The anchor at `index`, counted from 0.
    function anchors(uint256 index) external view returns (Anchor memory) {
        return _anchorAt(index);
    }

    /// @notice Up to `limit` anchors from `first` on; fewer, or none, where there are no more.
    function anchorsFrom(uint256 first, uint256 limit) external view returns (Anchor[] memory page) {
        uint256 count = first < _anchors.length ? _anchors.length - first : 0;
        if (count > limit) count = limit;
        page = new Anchor[](count);
        for (uint256 i = 0; i < count; ++i) page[i] = _anchors[first + i];
    }

    /// @notice The last anchor that stands; reverts while there is none.
    function latest() external view returns (Anchor memory) {
        uint256 standing = _anchors.length - _rejectedAtEnd;
        if (standing == 0) revert NoSuchAnchor(0, 0);
        return _anchors[standing - 1];
    }

    /**
     * @notice Whether an event is in the anchored log (RFC 9162, 2.1.3.2); in none that was rejected.
     * @param leafHash SHA-256(0x00 || event hash).
     * @param index Position of the event in the log, counted from 0.
     * @param proof Inclusion proof, lowest hash first.
     * @param anchorIndex The anchor whose size and root the proof is for.
     */
    function verifyInclusion(
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata proof,
        uint256 anchorIndex
    ) external view returns (bool) {
        Anchor memory anchored = _anchorAt(anchorIndex);
        if (anchored.rejected || index >= anchored.size) return false;
        uint64 position = index;
        uint64 last = anchored.size - 1;
        bytes32 hash = leafHash;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (position & 1 == 1 || position == last) {
                hash = sha256(abi.encodePacked(NODE_PREFIX, proof[i], hash));
                while (position & 1 == 0 && position != 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                hash = sha256(abi.encodePacked(NODE_PREFIX, hash, proof[i]));
            }
            position >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == anchored.root;
    }

    function _anchorAt(uint256 index) private view returns (Anchor memory) {
        if (index >= _anchors.length) revert NoSuchAnchor(index, _anchors.length);
        return _anchors[index];
    }
}
