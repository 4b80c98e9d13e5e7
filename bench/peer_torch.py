#!/usr/bin/env python3
"""The meta-step of `gtn bench` in PyTorch, as one usually writes it: SGD steps recorded with create_graph=True, a real-data
loss after the last, one backward pass through all of them. To be put beside `gtn bench` on the same machine.

Needs PyTorch for the Python that runs it:
  apt-get install python3-torch && /usr/bin/python3 bench/peer_torch.py      (Debian)
  pip install torch && python3 bench/peer_torch.py

Expected: two minutes on two cores, 6 GB of memory. Images are laid out in both ways, contiguous and channels-last; the faster is shown.
"""

import argparse
import json
import math
import resource
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ModuleNotFoundError:
    sys.exit(f"peer_torch.py: this Python ({sys.executable}) has no PyTorch.\n" + __doc__.split("\n\n")[1])

CLASSES = 10
LR, MOMENTUM = 0.02, 0.5
NORM_EPSILON = 1e-5


def blocks(widths, block):
    return [layer for width in widths for layer in block(width)]


# name: (batch, image, layers), the learners of `gtn bench`
LEARNERS = {
    "small": (50, (1, 28, 28),
              blocks((16, 32), lambda width: [("conv", width, "bias"), ("norm", "batch"), ("relu", 0.0), ("maxpool", 2, 2, 0)])
              + [("flatten",), ("linear", CLASSES, "bias")]),
    "base_fc": (128, (1, 28, 28),
                blocks((64, 128), lambda width: [("conv", width, "wn"), ("maxpool", 3, 2, 1), ("norm", "mean"), ("relu", 0.1)])
                + [("flatten",), ("linear", 256, "wn"), ("norm", "mean"), ("relu", 0.1), ("linear", CLASSES, "wn", "bias")]),
    "convnet3": (128, (3, 32, 32),
                 blocks((128,) * 3, lambda width: [("conv", width, "bias"), ("norm", "instance"), ("relu", 0.0), ("avgpool", 2)])
                 + [("flatten",), ("linear", CLASSES, "bias")]),
}


class Statistics:
    """What the batch norms of a pass do: compute their own, note them down, or take noted ones (the pass that judges)."""

    def __init__(self, mode="train", noted=()):
        self.mode, self.noted, self.next = mode, list(noted), 0

    def take(self):
        self.next += 1
        return self.noted[self.next - 1]


class Learner:
    """A network as a pure function of a list of parameters."""

    def __init__(self, image, layers):
        self.layers, self.shapes = layers, []
        shape = image
        for kind, *options in layers:
            if kind in ("conv", "linear"):
                weight = (options[0], shape[0], 3, 3) if kind == "conv" else (options[0], shape[0])
                self.shapes += [weight] + [weight[:1]] * (len(options) - 1)  # a gain, a bias
                shape = (options[0], *shape[1:])
            elif kind == "norm":
                self.shapes += [shape[:1]] * (1 if options[0] == "mean" else 2)
            elif kind in ("maxpool", "avgpool"):
                kernel, stride, padding = options if kind == "maxpool" else (options[0], options[0], 0)
                shape = (shape[0], *((extent + 2 * padding - kernel) // stride + 1 for extent in shape[1:]))
            elif kind == "flatten":
                shape = (math.prod(shape),)

    def initial(self, memory_format):
        params = []
        for shape in self.shapes:
            if len(shape) == 1:
                params.append(torch.ones(shape))  # gains and biases: their values do not matter here
            else:
                weight = torch.randn(shape) * math.sqrt(2 / math.prod(shape[1:]))
                params.append(weight.contiguous(memory_format=memory_format) if len(shape) == 4 else weight)
        return [p.requires_grad_() for p in params]

    def logits(self, params, x, statistics):
        take = iter(params).__next__
        for kind, *options in self.layers:
            if kind in ("conv", "linear"):
                weight = take()
                if "wn" in options:
                    flat = weight.flatten(1).norm(dim=1)
                    weight = weight * (take() / flat).view(-1, *[1] * (weight.dim() - 1))
                bias = take() if "bias" in options else None
                x = F.conv2d(x, weight, bias, padding=1) if kind == "conv" else F.linear(x, weight, bias)
            elif kind == "norm":
                x = normalised(options[0], x, take, statistics)
            elif kind == "relu":
                x = F.leaky_relu(x, options[0]) if options[0] else F.relu(x)
            elif kind == "maxpool":
                x = F.max_pool2d(x, *options)
            elif kind == "avgpool":
                x = F.avg_pool2d(x, *options)
            elif kind == "flatten":
                x = x.flatten(1)
        return x


def normalised(kind, x, take, statistics):
    dims = [d for d in range(x.dim()) if d != 1]
    along = lambda vector: vector.view(1, -1, *[1] * (x.dim() - 2))
    if kind == "instance":
        return F.instance_norm(x, weight=take(), bias=take(), eps=NORM_EPSILON)
    if statistics.mode == "use":
        noted = statistics.take()
    else:
        noted = None
        if kind == "mean" or statistics.mode == "note":
            noted = (x.mean(dims), x.var(dims, unbiased=False) if kind == "batch" else None)
        if statistics.mode == "note":
            statistics.noted.append(noted)
    if kind == "mean":
        return x + along(take() - noted[0])
    gain, bias = take(), take()
    if noted is None:
        return F.batch_norm(x, None, None, gain, bias, training=True, eps=NORM_EPSILON)
    return (x - along(noted[0])) * along(torch.rsqrt(noted[1] + NORM_EPSILON) * gain) + along(bias)


def cross_entropy(logits, y):
    return -(F.log_softmax(logits, 1) * y).sum() / len(y)


class Problem:
    """Random batches, and the passes that are timed over them."""

    def __init__(self, learner, batch, image, steps, memory_format):
        self.learner = learner
        images = lambda: torch.randn(batch, *image).contiguous(memory_format=memory_format)
        self.y = F.one_hot(torch.arange(batch) % CLASSES, CLASSES).float()
        self.w = learner.initial(memory_format)
        self.u = [torch.randn_like(p) for p in self.w]
        self.synthetic = [images() for _ in range(steps)]
        self.real = images()

    def loss(self, w, x, y):
        return cross_entropy(self.learner.logits(w, x, Statistics()), y)

    def real_data_loss(self, w, calibration):
        noted = Statistics("note")
        if any(layer[0] == "norm" and layer[1] != "instance" for layer in self.learner.layers):
            self.learner.logits(w, calibration, noted)
        return cross_entropy(self.learner.logits(w, self.real, Statistics("use", noted.noted)), self.y)

    def plain(self):
        g = torch.autograd.grad(self.loss(self.w, self.synthetic[0], self.y), self.w)
        return [(p - LR * part).detach() for p, part in zip(self.w, g)]

    def dual(self):
        """H u and the mixed products, by reverse over reverse."""
        x, y = self.synthetic[0].detach().requires_grad_(), self.y.detach().requires_grad_()
        g = torch.autograd.grad(self.loss(self.w, x, y), self.w, create_graph=True)
        return torch.autograd.grad(g, [*self.w, x, y], self.u, allow_unused=True)

    def real_loss(self):
        calibration = self.synthetic[-1].detach().requires_grad_()
        loss = self.real_data_loss(self.w, calibration)
        return torch.autograd.grad(loss, [*self.w, calibration], allow_unused=True)

    def meta(self):
        """The gradient of the real-data loss in every synthetic image, label, step size and momentum."""
        w, v = self.w, [torch.zeros_like(p) for p in self.w]
        leaves = []
        for images in self.synthetic:
            x, y = images.detach().requires_grad_(), self.y.detach().requires_grad_()
            lr, momentum = (torch.tensor(math.log(size), requires_grad=True) for size in (LR, MOMENTUM))
            leaves += [x, y, lr, momentum]
            g = torch.autograd.grad(self.loss(w, x, y), w, create_graph=True)
            v = [momentum.exp() * a + b for a, b in zip(v, g)]
            w = [a - lr.exp() * b for a, b in zip(w, v)]
        return torch.autograd.grad(self.real_data_loss(w, leaves[-4]), leaves)


def proc_mb(path, key):
    with open(path, encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(key + ":"))


def peak_growth_mb(work):
    """Growth of the process while `work` runs; None where the system does not say."""
    try:
        before = proc_mb("/proc/self/status", "VmRSS")
        with open("/proc/self/clear_refs", "w", encoding="ascii") as clear:
            clear.write("5")
        work()
        return max(0.0, proc_mb("/proc/self/status", "VmHWM") - before)
    except OSError:
        return None


def seconds_of(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def faults_of(work, calls=3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(calls):
        work()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / calls


def measure(name, layout, steps, rounds):
    batch, image, layers = LEARNERS[name]
    memory_format = torch.channels_last if layout == "channels-last" else torch.contiguous_format
    problem = Problem(Learner(image, layers), batch, image, steps, memory_format)
    peak_mb = peak_growth_mb(problem.meta)
    works = (problem.plain, problem.dual, problem.real_loss, problem.meta)
    for work in works[:3]:
        work()
    least = [math.inf] * len(works)
    for _ in range(rounds):  # in turn, so that a disturbance falls on all of them
        for i, work in enumerate(works):
            calls = 1 if math.isinf(least[i]) else min(20, max(1, int(0.1 / least[i])))
            least[i] = min(least[i], *(seconds_of(work) for _ in range(calls)))
    plain, dual, real_loss, meta = (1e3 * seconds for seconds in least)
    meta_step = (meta - real_loss) / steps
    return {"name": name, "batch": batch, "plain_ms": plain, "dual_ms": dual, "meta_step_ms": meta_step,
            "real_loss_ms": real_loss, "autograd_ror_ms": meta_step, "autograd_form": layout + ", one graph",
            "meta_over_plain": meta_step / plain, "peak_mb": peak_mb, "page_faults": faults_of(problem.dual)}


def print_table(report):
    columns = [("learner", "name", "{}"), ("batch", "batch", "{}"), ("plain ms", "plain_ms", "{:.1f}"), ("dual ms", "dual_ms", "{:.1f}"),
               ("meta-step ms", "meta_step_ms", "{:.1f}"), ("x plain", "meta_over_plain", "{:.2f}"),
               ("real loss ms", "real_loss_ms", "{:.1f}"), ("peak MB", "peak_mb", "{:.0f}"), ("faults", "page_faults", "{:.0f}"),
               ("form", "autograd_form", "{}")]
    rows = [[heading for heading, _, _ in columns]]
    rows += [["-" if row[key] is None else text.format(row[key]) for _, key, text in columns] for row in report["learners"]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    print(f"PyTorch {report['machine']['torch']}, {report['machine']['threads']} thread(s), {report['steps']} steps a meta-gradient\n")
    for row in rows:
        print("  ".join(text.ljust(width) if i in (0, 9) else text.rjust(width)
                        for i, (text, width) in enumerate(zip(row, widths))).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learner", action="append", choices=LEARNERS, help="only this one; may be repeated")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of one operation")
    parser.add_argument("--steps", type=int, default=4, help="inner steps of a meta-gradient (default: 4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of measurement, of which the least counts (default: 3)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table, with the names of gtn bench")
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    report = {"program": "peer_torch.py", "machine": {"threads": flags.threads, "torch": torch.__version__}, "steps": flags.steps,
              "learners": []}
    for name in flags.learner or LEARNERS:
        rows = [measure(name, layout, flags.steps, flags.rounds) for layout in ("contiguous", "channels-last")]
        report["learners"].append(min(rows, key=lambda row: row["meta_step_ms"]))
    if flags.json:
        print(json.dumps(report, indent=1))
    else:
        print_table(report)


if __name__ == "__main__":
    main()
