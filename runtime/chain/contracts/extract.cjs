// Writes the bytecode that gm-chain embeds: contracts.bin (all code, end to end) and contracts.rs
// (one constant per contract that says where its code is).
//
// usage: node extract.cjs <node_modules> <folder of .sol files> <output folder>
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [modules, sources, out] = process.argv.slice(2);

const BEDROCK = [
  // On the parent.
  "AddressManager", "ProxyAdmin", "Proxy", "L1ChugSplashProxy", "ResolvedDelegateProxy",
  "SuperchainConfig", "ProtocolVersions", "OptimismPortal2", "SystemConfig", "L1StandardBridge",
  "L1CrossDomainMessenger", "OptimismMintableERC20Factory", "L1ERC721Bridge",
  "DisputeGameFactory", "DelayedWETH", "AnchorStateRegistry", "PermissionedDisputeGame", "MIPS",
  "PreimageOracle",
  // Predeploys. L1Block, GasPriceOracle and OperatorFeeVault are Isthmus's, from kona-hardforks.
  "LegacyMessagePasser", "DeployerWhitelist", "WETH", "L2CrossDomainMessenger",
  "L2StandardBridge", "SequencerFeeVault", "L1BlockNumber", "L2ERC721Bridge",
  "L2ToL1MessagePasser", "OptimismMintableERC721Factory", "BaseFeeVault", "L1FeeVault",
  "SchemaRegistry", "EAS",
];

const blob = [];
let size = 0;
const lines = [];

// Puts code into the blob and says where it is.
function place(hex) {
  const code = Buffer.from(hex.replace(/^0x/, ""), "hex");
  if (code.length * 2 !== hex.replace(/^0x/, "").length) throw new Error("unlinked bytecode");
  const at = `slice(${size}, ${code.length})`;
  blob.push(code);
  size += code.length;
  return at;
}

function constant(name, doc, creation, runtime) {
  const id = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
  const code = creation ? place(creation) : "&[]";
  lines.push(`/// ${doc}\npub const ${id}: Artifact = Artifact { name: "${name}", ` +
    `creation: ${code}, runtime: ${place(runtime)} };`);
}

function json(...parts) {
  return JSON.parse(fs.readFileSync(path.join(modules, ...parts), "utf8"));
}

function bedrock() {
  const root = ["@eth-optimism", "contracts-bedrock"];
  for (const name of BEDROCK) {
    const artifact = json(...root, "forge-artifacts", `${name}.sol`, `${name}.json`);
    constant(name, `\`${name}\` of contracts-bedrock.`, artifact.bytecode.object,
      artifact.deployedBytecode.object);
  }
  const library = path.join(modules, ...root, "src", "libraries", "Preinstalls.sol");
  const code = /bytes internal constant (\w+)Code =\s*hex"([0-9a-f]+)"/g;
  for (const [, name, hex] of fs.readFileSync(library, "utf8").matchAll(code)) {
    if (name === "BeaconBlockRoots") continue;
    constant(`Preinstall${name[0].toUpperCase()}${name.slice(1)}`,
      `Preinstall \`${name}\` of contracts-bedrock.`, null, hex);
  }
}

function entryPoints() {
  for (const [version, folder] of [["V07", "contracts-v0.7"], ["V08", "contracts"]]) {
    const artifact = json("@account-abstraction", folder, "artifacts", "EntryPoint.json");
    constant(`EntryPoint${version}`, `ERC-4337 \`EntryPoint\` ${version}.`, artifact.bytecode,
      artifact.deployedBytecode);
  }
}

// Compiles the repository's own contracts.
function own() {
  const solc = require(path.join(modules, "solc"));
  const files = fs.readdirSync(sources).filter((file) => file.endsWith(".sol")).sort();
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((file) =>
      [file, { content: fs.readFileSync(path.join(sources, file), "utf8") }])),
    settings: {
      evmVersion: "cancun",
      metadata: { bytecodeHash: "none" },
      optimizer: { enabled: true, runs: 200 },
      outputSelection: { "*": { "*": ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const load = (name) => ({ contents: fs.readFileSync(path.join(modules, name), "utf8") });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: load }));
  const errors = (output.errors ?? []).filter((error) => error.severity === "error");
  if (errors.length) throw new Error(errors.map((error) => error.formattedMessage).join("\n"));
  for (const file of files) {
    const name = path.basename(file, ".sol");
    const { evm } = output.contracts[file][name];
    constant(name, `\`${name}\` of this repository.`, evm.bytecode.object,
      evm.deployedBytecode.object);
  }
}

bedrock();
entryPoints();
own();
fs.writeFileSync(path.join(out, "contracts.bin"), Buffer.concat(blob));
fs.writeFileSync(path.join(out, "contracts.rs"), lines.join("\n") + "\n");
