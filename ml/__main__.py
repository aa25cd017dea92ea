"""`python -m ml …`: trains and evaluates without the app."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def _train(options: argparse.Namespace) -> None:
    from ml import store
    from ml.train import train_base

    model = train_base(options.data)
    if options.key:
        private = bytes.fromhex(options.key.read_text(encoding="ascii").strip())
    else:
        private, public = store.new_signing_key()
        options.out.with_suffix(".pub").write_text(public.hex() + "\n", encoding="ascii")
    model.save(options.out, private)
    print(f"{model.version} written to {options.out}")


def _rank_benchmark(options: argparse.Namespace) -> None:
    from ml.benchmark.run import rank_benchmark

    times = rank_benchmark(options.data, options.split, options.out, options.model, options.seed)
    print(" ".join(f"{name}={seconds:.1f}" for name, seconds in times.items()))


def parser() -> argparse.ArgumentParser:
    """The command line of the package."""
    top = argparse.ArgumentParser(prog="python -m ml", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train the base ranking model from the matching benchmark")
    train.add_argument("--data", type=Path, required=True, help="folder of the benchmark's files")
    train.add_argument("--out", type=Path, required=True, help="model file to write")
    train.add_argument("--key", type=Path, help="hex Ed25519 private key; without it a new pair is made and only its "
                       "public half is written, beside the model")  # fmt: skip
    train.set_defaults(run=_train)
    rank = commands.add_parser("rank-benchmark", help="fit and score the matching benchmark")
    rank.add_argument("--data", type=Path, required=True, help="folder of the benchmark's files")
    rank.add_argument("--split", choices=["validation", "test"], required=True)
    rank.add_argument("--out", type=Path, required=True, help="scores file (.csv or .csv.gz) to write")
    rank.add_argument(
        "--model", choices=["blend", "linear", "additive", "boosted", "neural"], default="blend"
    )
    rank.add_argument("--seed", type=int, default=0)
    rank.set_defaults(run=_rank_benchmark)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 on success, 1 with one line on stderr for bad input."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (OSError, ValueError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
