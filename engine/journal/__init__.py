"""The record: canonical form, hash chain, Merkle tree, checkpoints and their verification; signing keys and storage are elsewhere."""
