/**
 * Compiles src/solidity/*.sol with the npm `solc` of this repository and writes one TypeScript
 * artefact each to src/generated. The artefacts are committed, so that users need no compiler;
 * `--check` writes nothing and exits with 1 when one of them is not what its source gives.
 *
 *   node contracts/compile.mjs [--check]
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import solc from 'solc';

const here = path.dirname(fileURLToPath(import.meta.url));
const sourceDir = path.join(here, 'src/solidity');
const generatedDir = path.join(here, 'src/generated');

/** Paris, the oldest EVM worth supporting: the same bytecode runs on private chains of any age. */
const EVM_VERSION = 'paris';

const fileNames = readdirSync(sourceDir).filter((name) => name.endsWith('.sol'));
const sources = Object.fromEntries(
  fileNames.map((name) => [name, { content: readFileSync(path.join(sourceDir, name), 'utf8') }]),
);

const output = JSON.parse(
  solc.compile(
    JSON.stringify({
      language: 'Solidity',
      sources,
      settings: {
        evmVersion: EVM_VERSION,
        optimizer: { enabled: true, runs: 200 },
        // Without it the code depends on the code alone, not on comments: `contractAt` compares it.
        metadata: { bytecodeHash: 'none', appendCBOR: false },
        outputSelection: {
          '*': {
            '*': [
              'abi',
              'evm.bytecode.object',
              'evm.deployedBytecode.object',
              'evm.deployedBytecode.immutableReferences',
            ],
          },
        },
      },
    }),
    { import: readImport },
  ),
);
const problems = output.errors ?? [];
if (problems.length > 0) {
  fail(problems.map((problem) => problem.formattedMessage).join('\n'));
}

const check = process.argv.includes('--check');
if (!check) mkdirSync(generatedDir, { recursive: true });
for (const fileName of fileNames) {
  // What is abstract is compiled with those that are it.
  if (output.contracts[fileName][path.basename(fileName, '.sol')].evm.bytecode.object === '')
    continue;
  const contractName = path.basename(fileName, '.sol');
  const target = path.join(generatedDir, `${kebabCase(contractName)}.ts`);
  const text = artefact(fileName, contractName);
  if (!check) {
    writeFileSync(target, text);
  } else if (!existsSync(target) || readFileSync(target, 'utf8') !== text) {
    fail(`${target} is not what ${fileName} compiles to; run \`node contracts/compile.mjs\``);
  }
}

/** OpenZeppelin's sources come from its npm package. */
function readImport(name) {
  try {
    return { contents: readFileSync(createRequire(import.meta.url).resolve(name), 'utf8') };
  } catch (error) {
    return { error: String(error) };
  }
}

function artefact(fileName, contractName) {
  const { abi, evm } = output.contracts[fileName][contractName];
  const immutables = Object.values(evm.deployedBytecode.immutableReferences).flat();
  const content = {
    contractName,
    sourceSha256: createHash('sha256').update(sources[fileName].content).digest('hex'),
    compiler: `solc ${solc.version()}, evm ${EVM_VERSION}`,
    bytecode: `0x${evm.bytecode.object}`,
    deployedBytecode: `0x${evm.deployedBytecode.object}`,
    immutables: immutables.sort((one, other) => one.start - other.start),
    abi,
  };
  const name = `${contractName[0].toLowerCase()}${contractName.slice(1)}Artefact`;
  return (
    `/** Written by compile.mjs from ${fileName}; not to be edited. */\n` +
    `export const ${name} = ${JSON.stringify(content, null, 2)} as const;\n`
  );
}

function kebabCase(name) {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase();
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
