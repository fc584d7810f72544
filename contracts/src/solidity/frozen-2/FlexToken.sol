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
        /// The settlement that it follows from.
        bytes32 sessionDigest;
        /// All that was minted with it and before it: what its accounts can have earned at most.
        uint256 minted;
        /// Block time from which on it is claimable, seconds since 1970.
        uint64 claimableAt;
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
    /// One more than the index of the distribution with a root; 0 = none. Of two with one root the first that
    /// stands: it promises the same and is claimable earlier.
    mapping(bytes32 root => uint256) private _placeOf;

    /// @notice A session was settled: `amount` was minted, and `root` was proposed.
    event Awarded(bytes32 indexed sessionDigest, bytes32 root, uint256 amount);
    /// @notice Distribution `index` can be claimed from `claimableAt` on, unless it is rejected.
    event Proposed(uint256 indexed index, bytes32 indexed root, uint64 claimableAt);
    /// @notice The guardian has rejected distribution `index`: nobody is paid by it.
    event Rejected(uint256 indexed index, bytes32 indexed root, address guardian);
    /// @notice `amount` went to `account`, which has now got `cumulativeAmount` in all.
    event Claimed(address indexed account, uint256 amount, uint256 cumulativeAmount);

    /// @notice A session is awarded once.
    error AlreadyAwarded(bytes32 sessionDigest);
    /// @notice One award mints `maxAward` at most.
    error AwardTooLarge(uint256 amount, uint256 maxAward);
    /// @notice The proof leads from (account, cumulativeAmount) to the root of no distribution that stands.
    error InvalidProof(address account, uint256 cumulativeAmount);
    /// @notice A later distribution is claimable: the proof under it is asked for instead.
    error Superseded(bytes32 root, bytes32 claimableRoot);
    /// @notice The distribution can still be challenged.
    error NotClaimableYet(bytes32 root, uint64 claimableAt);
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
     * @param root Root over (account, cumulative amount) of all accounts and sessions so far.
     * @param amount The session's sum in micro-euro: what the cumulative amounts grew by; `MAX_AWARD` at most.
     */
    function award(
        bytes32 sessionDigest,
        bytes32 root,
        uint256 amount
    ) external onlyRole(DISTRIBUTOR_ROLE) whenNotPaused {
        if (awarded[sessionDigest]) revert AlreadyAwarded(sessionDigest);
        if (amount > MAX_AWARD) revert AwardTooLarge(amount, MAX_AWARD);
        awarded[sessionDigest] = true;
        _mint(address(this), amount);
        uint64 claimableAt = uint64(block.timestamp) + CHALLENGE_DELAY;
        uint256 count = _distributions.length;
        emit Proposed(count, root, claimableAt);
        uint256 place = _placeOf[root];
        if (place == 0 || _distributions[place - 1].rejected) _placeOf[root] = count + 1;
        _distributions.push(
            Distribution({
                root: root,
                sessionDigest: sessionDigest,
                minted: totalSupply(),
                claimableAt: claimableAt,
                rejected: false
            })
        );
        emit Awarded(sessionDigest, root, amount);
    }

    /**
     * @notice Rejects a distribution that can still be challenged. For the guardian alone.
     * @param index Which, counted from 0.
     */
    function reject(uint256 index) external onlyRole(GUARDIAN_ROLE) {
        uint256 count = _distributions.length;
        if (index >= count) revert NoSuchDistribution(index, count);
        Distribution storage distribution = _distributions[index];
        if (distribution.rejected || block.timestamp >= distribution.claimableAt) {
            revert NotChallengeable(index);
        }
        distribution.rejected = true;
        emit Rejected(index, distribution.root, msg.sender);
    }

    /**
     * @notice Gives an account what it earned and has not yet got. Anyone may call it.
     * @param account Who is paid.
     * @param cumulativeAmount What the account earned in all sessions, in micro-euro.
     * @param proof Siblings from the account's leaf up to the newest claimable root.
     * @return amount What the account got by this call, in micro-euro.
     */
    function claim(
        address account,
        uint256 cumulativeAmount,
        bytes32[] calldata proof
    ) external whenNotPaused returns (uint256 amount) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account, cumulativeAmount))));
        bytes32 root = MerkleProof.processProofCalldata(proof, leaf);
        uint256 minted = _mintedOfClaimable(root, account, cumulativeAmount);
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

    /// @notice Root of the newest distribution that is claimable now; zero while there is none.
    function claimableRoot() public view returns (bytes32) {
        for (uint256 i = _distributions.length; i > 0; --i) {
            Distribution storage distribution = _distributions[i - 1];
            if (!distribution.rejected && distribution.claimableAt <= block.timestamp) {
                return distribution.root;
            }
        }
        return bytes32(0);
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

    /**
     * What was minted with the distribution of a root and before it; reverts unless that is the newest one that is
     * claimable. They become claimable in the order of their indices, so the one that follows tells: what
     * was rejected is passed over, and so is the same root once more.
     */
    function _mintedOfClaimable(
        bytes32 root,
        address account,
        uint256 cumulativeAmount
    ) private view returns (uint256) {
        uint256 next = _placeOf[root];
        if (next == 0) revert InvalidProof(account, cumulativeAmount);
        Distribution storage distribution = _distributions[next - 1];
        if (distribution.rejected) revert InvalidProof(account, cumulativeAmount);
        if (distribution.claimableAt > block.timestamp) {
            revert NotClaimableYet(root, distribution.claimableAt);
        }
        uint256 count = _distributions.length;
        while (next < count && (_distributions[next].rejected || _distributions[next].root == root)) {
            ++next;
        }
        if (next < count && _distributions[next].claimableAt <= block.timestamp) {
            revert Superseded(root, claimableRoot());
        }
        return distribution.minted;
    }
}
