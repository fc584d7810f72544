// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {GuardedContract} from "./GuardedContract.sol";

/**
 * @title FlexToken
 * @notice What customers earned with their flexibility, as ERC-20 tokens; one unit is one
 * micro-euro, so one whole token (6 decimals) is one euro.
 *
 * A settled session costs one transaction however many accounts it pays: `award` mints the
 * session's sum into the contract's own reserve and adds a distribution: the root of a Merkle tree over
 * (account, what the account earned in all sessions so far). Nobody is paid by it before
 * `CHALLENGE_DELAY` has passed. In that time an audit that disagrees stops it through the guardian, who can
 * reject the distribution or pause everything, and can pay nobody. Then anyone may `claim` for an
 * account what it has not yet got. As the amounts are cumulative, only the newest tree that is
 * claimable is needed, and an unclaimed award is part of every later one.
 *
 * The tree is that of OpenZeppelin's StandardMerkleTree: leaf = keccak256(keccak256(
 * abi.encode(account, cumulativeAmount))), and each inner node hashes its children in sorted order.
 *
 * Always: totalSupply == sum of all awards == sum of all balances, the reserve included. Nothing
 * else mints, and nothing burns. No distribution is ever removed or replaced; of one that was rejected
 * the minted sum stays in the reserve.
 */
contract FlexToken is ERC20, GuardedContract {
    /// @notice A distribution as it was proposed by an award.
    struct Distribution {
        /// Root over (account, cumulative amount).
        bytes32 root;
        /// Which settlement it follows from: digest of session and correction.
        bytes32 sessionDigest;
        /// RFC 9162 leaf, in the event log, of the event that ends that settlement.
        bytes32 settlementLeaf;
        /// All that was minted with it and before it: what its accounts can have earned at most.
        uint256 minted;
        /// Block time from which on it is claimable, seconds since 1970.
        uint64 claimableAt;
        /// One more than the index of the one that stood before it; 0 = none.
        uint64 previous;
        /// One more than the index of the next one that stands; 0 = none.
        uint64 next;
        /// The guardian has rejected it.
        bool rejected;
    }

    /// @notice May award: the market operator.
    bytes32 public constant DISTRIBUTOR_ROLE = keccak256("DISTRIBUTOR_ROLE");

    /// @notice How long a distribution can be challenged before anybody is paid by it, seconds.
    uint64 public constant CHALLENGE_DELAY = 1 hours;

    /// @notice Most that one award mints, micro-euro: far above any session, and 2^192 of them are below the
    /// largest supply there can be, so that no award blocks all later ones.
    uint256 public constant MAX_AWARD = 2 ** 64;

    /// @notice What an account has claimed so far, in micro-euro.
    mapping(address account => uint256) public claimed;
    /// @notice Whether the session with this digest has been awarded.
    mapping(bytes32 sessionDigest => bool) public awarded;

    Distribution[] private _distributions;
    /// One more than the index of the last distribution that stands; 0 = none.
    uint64 private _lastStanding;

    /// @notice A session was settled by the event with `settlementLeaf`: `amount` was minted, and `root` was proposed.
    event Awarded(
        bytes32 indexed sessionDigest,
        bytes32 indexed settlementLeaf,
        bytes32 root,
        uint256 amount
    );
    /// @notice Distribution `index` can be claimed from `claimableAt` on, unless it is rejected.
    event Proposed(uint256 indexed index, bytes32 indexed root, uint64 claimableAt);
    /// @notice The guardian has rejected distribution `index`: nobody is paid by it.
    event Rejected(uint256 indexed index, bytes32 indexed root, address guardian);
    /// @notice `amount` went to `account`, which has now got `cumulativeAmount` in all.
    event Claimed(address indexed account, uint256 amount, uint256 cumulativeAmount);

    /// @notice A session is awarded once.
    error AlreadyAwarded(bytes32 sessionDigest);
    /// @notice An award names the leaf of its settlement.
    error NoSettlement(bytes32 sessionDigest);
    /// @notice One award mints `maxAward` at most.
    error AwardTooLarge(uint256 amount, uint256 maxAward);
    /// @notice The proof does not lead from (account, cumulativeAmount) to the root of the distribution.
    error InvalidProof(address account, uint256 cumulativeAmount);
    /// @notice The guardian has rejected distribution `index`.
    error DistributionRejected(uint256 index);
    /// @notice A later distribution, such as `next`, is claimable: the proof under the last such is asked for instead.
    error Superseded(uint256 index, uint256 next);
    /// @notice Distribution `index` can still be challenged.
    error NotClaimableYet(uint256 index, uint64 claimableAt);
    /// @notice The account has got `alreadyClaimed`, which is not less than `cumulativeAmount`.
    error NothingToClaim(address account, uint256 cumulativeAmount, uint256 alreadyClaimed);
    /// @notice An account cannot have earned more than was minted for all.
    error AboveMinted(uint256 cumulativeAmount, uint256 minted);
    /// @notice There are `count` distributions, counted from 0.
    error NoSuchDistribution(uint256 index, uint256 count);
    /// @notice The time in which distribution `index` could be rejected is over, or it was rejected before.
    error NotChallengeable(uint256 index);

    /**
     * @param admin The first admin, who grants and revokes the roles.
     * @param worker Who awards, until the admin grants the role to another key.
     * @param guardian Who may reject and pause; none where zero.
     */
    constructor(
        address admin,
        address worker,
        address guardian
    ) ERC20("Flexledger flexibility award", "FLEX") GuardedContract(admin, guardian) {
        _grantRole(DISTRIBUTOR_ROLE, worker);
    }

    /// @notice ERC-20: one unit is 10^-6 of a token, a micro-euro.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /**
     * @notice Settles a session: mints its sum into the reserve and proposes a distribution.
     * @param sessionDigest Digest of the session's settlement; each awards once.
     * @param settlementLeaf RFC 9162 leaf of the event that ends that settlement, in the event log: who holds a proof of
     * it has `EventLogAnchor.verifyInclusion` say that the award follows from what is anchored.
     * @param root Root over (account, cumulative amount) of all accounts and sessions so far.
     * @param amount The session's sum in micro-euro: what the cumulative amounts grew by; `MAX_AWARD` at most.
     */
    function award(
        bytes32 sessionDigest,
        bytes32 settlementLeaf,
        bytes32 root,
        uint256 amount
    ) external onlyRole(DISTRIBUTOR_ROLE) whenNotPaused {
        if (settlementLeaf == bytes32(0)) revert NoSettlement(sessionDigest);
        if (awarded[sessionDigest]) revert AlreadyAwarded(sessionDigest);
        if (amount > MAX_AWARD) revert AwardTooLarge(amount, MAX_AWARD);
        awarded[sessionDigest] = true;
        _mint(address(this), amount);
        uint64 claimableAt = uint64(block.timestamp) + CHALLENGE_DELAY;
        uint64 index = uint64(_distributions.length);
        emit Proposed(index, root, claimableAt);
        uint64 standing = _lastStanding;
        if (standing > 0) _distributions[standing - 1].next = index + 1;
        _lastStanding = index + 1;
        _distributions.push(
            Distribution({
                root: root,
                sessionDigest: sessionDigest,
                settlementLeaf: settlementLeaf,
                minted: totalSupply(),
                claimableAt: claimableAt,
                previous: standing,
                next: 0,
                rejected: false
            })
        );
        emit Awarded(sessionDigest, settlementLeaf, root, amount);
    }

    /**
     * @notice Rejects distributions that can still be challenged; of the range those that were rejected before are
     * passed over. For the guardian alone. It costs as much as the range is long: what is many is rejected in several calls.
     * @param first The first of them, counted from 0; it stands.
     * @param last The last of them, which may be the first.
     */
    function reject(uint256 first, uint256 last) external onlyRole(GUARDIAN_ROLE) {
        uint256 count = _distributions.length;
        if (last >= count) revert NoSuchDistribution(last, count);
        // They become claimable in the order of their indices: where the first can be challenged all can.
        if (
            first > last ||
            _distributions[first].rejected ||
            block.timestamp >= _distributions[first].claimableAt
        ) {
            revert NotChallengeable(first);
        }
        for (uint256 i = first; i <= last; ++i) {
            Distribution storage distribution = _distributions[i];
            if (distribution.rejected) continue;
            distribution.rejected = true;
            uint64 previous = distribution.previous;
            uint64 next = distribution.next;
            if (previous > 0) _distributions[previous - 1].next = next;
            if (next > 0) _distributions[next - 1].previous = previous;
            else _lastStanding = previous;
            emit Rejected(i, distribution.root, msg.sender);
        }
    }

    /**
     * @notice Gives an account what it earned and has not yet got. Anyone may call it.
     * @param index The newest distribution that is claimable, as `claimable` says.
     * @param account Who is paid.
     * @param cumulativeAmount What the account earned in all sessions, in micro-euro.
     * @param proof Siblings from the account's leaf up to the root of that distribution.
     * @return amount What the account got by this call, in micro-euro.
     */
    function claim(
        uint256 index,
        address account,
        uint256 cumulativeAmount,
        bytes32[] calldata proof
    ) external whenNotPaused returns (uint256 amount) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, cumulativeAmount))));
        (bytes32 root, uint256 minted) = _requireClaimable(index);
        if (MerkleProof.processProofCalldata(proof, leaf) != root) {
            revert InvalidProof(account, cumulativeAmount);
        }
        if (cumulativeAmount > minted) revert AboveMinted(cumulativeAmount, minted);
        uint256 alreadyClaimed = claimed[account];
        if (cumulativeAmount <= alreadyClaimed) {
            revert NothingToClaim(account, cumulativeAmount, alreadyClaimed);
        }
        claimed[account] = cumulativeAmount;
        amount = cumulativeAmount - alreadyClaimed;
        _transfer(address(this), account, amount);
        emit Claimed(account, amount, cumulativeAmount);
    }

    /// @notice Root of the newest distribution, claimable or not; zero before the first award.
    function distributionRoot() external view returns (bytes32) {
        uint256 count = _distributions.length;
        return count == 0 ? bytes32(0) : _distributions[count - 1].root;
    }

    /**
     * @notice The newest distribution that is claimable now.
     * @return exists Whether there is one.
     * @return index Where it stands, counted from 0.
     * @return root Its root.
     */
    function claimable() public view returns (bool exists, uint256 index, bytes32 root) {
        // They become claimable in the order of their indices.
        uint256 low = 0;
        uint256 high = _distributions.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_distributions[middle].claimableAt <= block.timestamp) low = middle + 1;
            else high = middle;
        }
        // Of a rejected one `previous` leads to what stood before it, which may be rejected since.
        while (low > 0 && _distributions[low - 1].rejected) low = _distributions[low - 1].previous;
        if (low == 0) return (false, 0, bytes32(0));
        return (true, low - 1, _distributions[low - 1].root);
    }

    /// @notice Root of the newest distribution that is claimable now; zero while there is none.
    function claimableRoot() external view returns (bytes32 root) {
        (, , root) = claimable();
    }

    /// @notice Number of distributions.
    function distributionCount() external view returns (uint256) {
        return _distributions.length;
    }

    /// @notice The distribution at `index`, counted from 0.
    function distributionAt(uint256 index) external view returns (Distribution memory) {
        uint256 count = _distributions.length;
        if (index >= count) revert NoSuchDistribution(index, count);
        return _distributions[index];
    }

    /// Root of a distribution, and what was minted with it and before it; reverts unless it is the newest claimable one.
    function _requireClaimable(uint256 index) private view returns (bytes32 root, uint256 minted) {
        uint256 count = _distributions.length;
        if (index >= count) revert NoSuchDistribution(index, count);
        Distribution storage distribution = _distributions[index];
        if (distribution.rejected) revert DistributionRejected(index);
        if (distribution.claimableAt > block.timestamp) {
            revert NotClaimableYet(index, distribution.claimableAt);
        }
        uint64 next = distribution.next;
        if (next > 0 && _distributions[next - 1].claimableAt <= block.timestamp) {
            revert Superseded(index, next - 1);
        }
        return (distribution.root, distribution.minted);
    }

    function _workRole() internal pure override returns (bytes32) {
        return DISTRIBUTOR_ROLE;
    }
}
