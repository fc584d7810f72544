// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title FlexToken
 * @notice What customers earned with their flexibility, as ERC-20 tokens; one unit is one
 * micro-euro, so one whole token (6 decimals) is one euro.
 *
 * A settled session costs one transaction however many accounts it pays: `award` mints the
 * session's sum into the contract's own reserve and replaces the root of a Merkle tree over
 * (account, what the account earned in all sessions so far). Anyone may then `claim` for an account
 * what it has not yet got. As the amounts are cumulative, only the newest tree is needed, and an
 * unclaimed award is part of every later one.
 *
 * The tree is that of OpenZeppelin's StandardMerkleTree: leaf = keccak256(keccak256(
 * abi.encode(account, cumulativeAmount))), and each inner node hashes its children in sorted order.
 *
 * Always: totalSupply == sum of all awards == sum of all balances, the reserve included. Nothing
 * else mints, and nothing burns.
 */
contract FlexToken {
    /// @notice ERC-20: name of the token.
    string public constant name = "Flexledger flexibility award";
    /// @notice ERC-20: symbol of the token.
    string public constant symbol = "FLEX";
    /// @notice ERC-20: one unit is 10^-6 of a token, a micro-euro.
    uint8 public constant decimals = 6;

    /// @notice The market operator: the only account that may award.
    address public immutable distributor;

    /// @notice ERC-20: sum of all balances, in micro-euro.
    uint256 public totalSupply;
    /// @notice ERC-20: balance of an account, in micro-euro.
    mapping(address account => uint256) public balanceOf;
    /// @notice ERC-20: what `spender` may still move from `owner`, in micro-euro.
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Root of the newest distribution.
    bytes32 public distributionRoot;
    /// @notice What an account has claimed so far, in micro-euro.
    mapping(address account => uint256) public claimed;
    /// @notice Whether the session with this digest has been awarded.
    mapping(bytes32 sessionDigest => bool) public awarded;

    /// @notice ERC-20.
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// @notice ERC-20.
    event Approval(address indexed owner, address indexed spender, uint256 value);
    /// @notice A session was settled: `amount` was minted and `root` holds from now on.
    event Awarded(bytes32 indexed sessionDigest, bytes32 root, uint256 amount);
    /// @notice `amount` went to `account`, which has now got `cumulativeAmount` in all.
    event Claimed(address indexed account, uint256 amount, uint256 cumulativeAmount);

    /// @notice `caller` is not the distributor.
    error NotDistributor(address caller);
    /// @notice A session is awarded once.
    error AlreadyAwarded(bytes32 sessionDigest);
    /// @notice The proof does not lead from (account, cumulativeAmount) to the newest root.
    error InvalidProof(address account, uint256 cumulativeAmount);
    /// @notice The account has got `alreadyClaimed`, which is not less than `cumulativeAmount`.
    error NothingToClaim(address account, uint256 cumulativeAmount, uint256 alreadyClaimed);
    /// @notice ERC-6093.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// @notice ERC-6093.
    error ERC20InvalidReceiver(address receiver);
    /// @notice ERC-6093.
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// @notice ERC-6093.
    error ERC20InvalidSpender(address spender);

    /// @param distributor_ The market operator's account.
    constructor(address distributor_) {
        distributor = distributor_;
    }

    /**
     * @notice Settles a session: mints its sum into the reserve and replaces the distribution.
     * @param sessionDigest Digest of the session's settlement; each awards once.
     * @param root Root over (account, cumulative amount) of all accounts and sessions so far.
     * @param amount The session's sum in micro-euro: what the cumulative amounts grew by.
     */
    function award(bytes32 sessionDigest, bytes32 root, uint256 amount) external {
        if (msg.sender != distributor) revert NotDistributor(msg.sender);
        if (awarded[sessionDigest]) revert AlreadyAwarded(sessionDigest);
        awarded[sessionDigest] = true;
        distributionRoot = root;
        totalSupply += amount;
        balanceOf[address(this)] += amount;
        emit Transfer(address(0), address(this), amount);
        emit Awarded(sessionDigest, root, amount);
    }

    /**
     * @notice Gives an account what it earned and has not yet got. Anyone may call it.
     * @param account Who is paid.
     * @param cumulativeAmount What the account earned in all sessions, in micro-euro.
     * @param proof Siblings from the account's leaf up to the newest root.
     * @return amount What the account got by this call, in micro-euro.
     */
    function claim(
        address account,
        uint256 cumulativeAmount,
        bytes32[] calldata proof
    ) external returns (uint256 amount) {
        bytes32 node = keccak256(bytes.concat(keccak256(abi.encode(account, cumulativeAmount))));
        for (uint256 i = 0; i < proof.length; ++i) {
            bytes32 sibling = proof[i];
            node = node < sibling
                ? keccak256(abi.encode(node, sibling))
                : keccak256(abi.encode(sibling, node));
        }
        if (node != distributionRoot) revert InvalidProof(account, cumulativeAmount);
        uint256 alreadyClaimed = claimed[account];
        if (cumulativeAmount <= alreadyClaimed) {
            revert NothingToClaim(account, cumulativeAmount, alreadyClaimed);
        }
        claimed[account] = cumulativeAmount;
        amount = cumulativeAmount - alreadyClaimed;
        _move(address(this), account, amount);
        emit Claimed(account, amount, cumulativeAmount);
    }

    /// @notice ERC-20: moves `value` from the caller to `to`.
    function transfer(address to, uint256 value) external returns (bool) {
        _move(msg.sender, to, value);
        return true;
    }

    /// @notice ERC-20: lets `spender` move up to `value` from the caller; the maximum never runs out.
    function approve(address spender, uint256 value) external returns (bool) {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    /// @notice ERC-20: moves `value` from `from` to `to`, within what `from` allows the caller.
    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < value) revert ERC20InsufficientAllowance(msg.sender, allowed, value);
            unchecked {
                allowance[from][msg.sender] = allowed - value;
            }
        }
        _move(from, to, value);
        return true;
    }

    function _move(address from, address to, uint256 value) private {
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        uint256 balance = balanceOf[from];
        if (balance < value) revert ERC20InsufficientBalance(from, balance, value);
        unchecked {
            // No sum of balances exceeds totalSupply, which `award` keeps within 256 bits.
            balanceOf[from] = balance - value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}
