"""How fast is it? Forward and backward of each recurrent layer, NumPy beside PyTorch.

Both run in this process, on one thread, in turn, in float32; each figure is the median over the
rounds. The columns:

torch, numpy   milliseconds of a pass, forward and backward
GEMM           the matrix products alone, with NumPy, in as few pieces as time allows: the floor
other          what remains: elementwise work, memory, and the calls of Python into NumPy
MB             moved at least: the weights once a step each way, and what the backward pass
               needs of the forward pass, written once and read once
torch/numpy    above 1, NumPy is faster
torch/GEMM     what torch/numpy would be if there were nothing but the products

With --file, the first table is also written where the page speed of the book reads it; the page
names the machine and says what it gave. `make bench OPTIONS=--file` does so.
"""

import argparse
import csv
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from rnncourse import GRU, LSTM, RNN, Recurrent, Weights
from rnncourse.diagnostics import activation_bytes, peak_bytes
from rnncourse.fused import FusedLSTM

TABLE = Path(__file__).parents[1] / "book" / "07-batches-long-sequences" / "speed.csv"
COLUMNS = ["layer", "T", "N", "D", "H", "torch", "numpy", "GEMM", "MB"]
SIZES = [(28, 32, 28, 128), (35, 32, 32, 256), (100, 64, 2, 64), (200, 32, 64, 128),
         (50, 1, 64, 64)]  # fmt: skip
LAYERS = {
    "RNN": (lambda D, H: Recurrent(RNN(D, H)), torch.nn.RNN),
    "GRU": (lambda D, H: Recurrent(GRU(D, H)), torch.nn.GRU),
    "LSTM": (lambda D, H: FusedLSTM(LSTM(D, H)), torch.nn.LSTM),
    "LSTM, readable": (lambda D, H: Recurrent(LSTM(D, H)), torch.nn.LSTM),
}


def medians(functions, rounds):
    """Milliseconds of each function, all of them in turn in every round."""
    times = [[] for _ in functions]
    for function in functions:
        function()
    for _ in range(rounds):
        for function, taken in zip(functions, times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return [1000 * statistics.median(taken) for taken in times]


def numpy_pass(layer, weights, xs, dhs):
    def run():
        hs, _, cache = layer.forward(weights, xs)
        return hs, layer.backward(weights, cache, dhs)

    return run


def torch_pass(module, xs, dhs):
    xs, dhs = torch.tensor(xs, requires_grad=True), torch.from_numpy(dhs)

    def run():
        xs.grad = None
        module.zero_grad()
        hs, _ = module(xs)
        hs.backward(dhs)
        gradients = [parameter.grad.numpy() for parameter in module.parameters()]
        return hs.detach().numpy(), (gradients, xs.grad.numpy())

    return run


def products(gates, T, N, D, H):
    """A layer's matrix products alone, h and x in one: one a step each way, one for dW."""
    rng = np.random.default_rng(0)
    sizes = [(gates * H, H + D), (H + D, N), (gates * H, T * N)]
    W, z, das = (rng.normal(size=size).astype(np.float32) for size in sizes)
    W_T, a, dz, zs = W.T.copy(), W @ z, np.empty_like(z), np.repeat(z, T, axis=1)

    def run():
        for _ in range(T):
            np.matmul(W, z, out=a)
        for _ in range(T):
            np.matmul(W_T, a, out=dz)
        das @ zs.T

    return run


def assert_equal(ours, theirs):
    """A benchmark of wrong numbers is worth nothing."""
    hs, (dweights, dxs, _) = ours
    torch_hs, (torch_dweights, torch_dxs) = theirs
    pairs = [(hs, torch_hs), (dxs, torch_dxs), *zip(dweights, torch_dweights, strict=True)]
    for a, b in pairs:
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-4 * np.abs(b).max())


def compare(rounds):
    """Print the table and return its rows."""
    rows = []
    print(f"{'':16}{'T, N, D, H':>18}{'torch ms':>10}{'numpy ms':>10}{'GEMM ms':>9}{'other ms':>10}"
          f"{'MB':>7}{'torch/numpy':>13}{'torch/GEMM':>12}")  # fmt: skip
    for name, (make, torch_class) in LAYERS.items():
        for T, N, D, H in SIZES:
            rng = np.random.default_rng(0)
            layer, module = make(D, H), torch_class(D, H)
            weights = Weights(*(parameter.detach().numpy() for parameter in module.parameters()))
            xs, dhs = (rng.normal(size=(T, N, F)).astype(np.float32) for F in (D, H))
            ours, theirs = numpy_pass(layer, weights, xs, dhs), torch_pass(module, xs, dhs)
            assert_equal(ours(), theirs())
            floor = products(layer.cell.gates, T, N, D, H)
            torch_ms, numpy_ms, floor_ms = medians([theirs, ours, floor], rounds)
            cache = layer.forward(weights, xs)[2]
            moved = 2 * T * sum(w.nbytes for w in weights) + 2 * activation_bytes(cache)
            print(f"{name:16}{f'{T}, {N}, {D}, {H}':>18}{torch_ms:10.2f}{numpy_ms:10.2f}"
                  f"{floor_ms:9.2f}{numpy_ms - floor_ms:10.2f}{moved / 1e6:7.1f}"
                  f"{torch_ms / numpy_ms:13.2f}{torch_ms / floor_ms:12.2f}",
                  flush=True)  # fmt: skip
            times = [f"{milliseconds:.2f}" for milliseconds in (torch_ms, numpy_ms, floor_ms)]
            rows.append([name, T, N, D, H, *times, f"{moved / 1e6:.1f}"])
    return rows


def memory():
    """What the backward pass has to remember grows in proportion to T, and so does the peak."""
    N, D, H, steps = 32, 32, 128, (50, 100, 200, 400)
    print(f"\nMemory of a forward and backward pass in MB; N, D, H = {N}, {D}, {H}")
    print(f"{'':16}{'':18}" + "".join(f"{f'T = {T}':>10}" for T in steps))
    for name, (make, _) in LAYERS.items():
        layer, kept, peaks = make(D, H), [], []
        weights = layer.init(np.random.default_rng(0), np.float32)
        for T in steps:
            xs, dhs = np.zeros((T, N, D), np.float32), np.zeros((T, N, H), np.float32)
            kept.append(activation_bytes(layer.forward(weights, xs)[2]))
            peaks.append(peak_bytes(numpy_pass(layer, weights, xs, dhs)))
        for what, values in (("remembered", kept), ("peak", peaks)):
            print(f"{name:16}{what:18}" + "".join(f"{v / 1e6:10.2f}" for v in values))


def keep_freed_memory():
    """Let NumPy and PyTorch find the memory of the last pass again.

    glibc gives the memory of small programs back to the system after every pass and fetches it
    page by page for the next, until a large array has been freed once. Any program that has
    loaded some data is past that.
    """
    large = np.empty(31 * 2**20, np.uint8)
    del large


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=31, help="measurements of each figure")
    parser.add_argument("--file", action="store_true", help=f"write {TABLE.name} of the book")
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    with threadpool_limits(1):
        for pool in threadpool_info():
            kernels = f" for {pool['architecture']}" if "architecture" in pool else ""
            print(f"{pool['prefix']} {pool['version'] or '(no version)'}{kernels}, "
                  f"{pool['num_threads']} thread")  # fmt: skip
        print(f"numpy {np.__version__}, torch {torch.__version__} "
              f"({torch.backends.cpu.get_cpu_capability()})\n")  # fmt: skip
        rows = compare(options.rounds)
        memory()
    if options.file:
        with TABLE.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
