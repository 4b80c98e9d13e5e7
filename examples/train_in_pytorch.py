#!/usr/bin/env python3
"""Train fresh networks on a learned curriculum in PyTorch, and judge them on the real test images.

  gtn export runs/quickstart --format npz --out curriculum.npz
  examples/train_in_pytorch.py curriculum.npz --data /usr/share/datasets/fashion-mnist --seeds 5
The network is the paper's; "its own step sizes" of `gtn evaluate runs/quickstart --learner base_fc` is the same number.
"""
import argparse, gzip, pathlib
import numpy as np, torch
from torch import nn
class MeanNorm(nn.Module):  # mean-only batch norm; judges with the mean of the last batch that it saw before eval()
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
    def forward(self, x):
        if self.training: self.mean = x.mean([0, *range(2, x.dim())])
        return x + (self.bias - self.mean).view(-1, *[1] * (x.dim() - 2))
def weighted(layer):  # Kaiming's initialisation, biases zero; then weight = gain * direction / |direction|, output by output
    for p in layer.parameters(): nn.init.normal_(p, std=(2 / p[0].numel()) ** 0.5 if p.dim() > 1 else 0)
    return nn.utils.weight_norm(layer)
def base_fc(channels, height, width, classes):
    after = lambda n: [MeanNorm(n), nn.LeakyReLU(0.1)]
    conv = lambda i, o: [weighted(nn.Conv2d(i, o, 3, padding=1, bias=False)), nn.MaxPool2d(3, 2, 1), *after(o)]
    flat = nn.Linear(128 * ((height + 3) // 4) * ((width + 3) // 4), 256, bias=False)  # both poolings halve, rounding up
    return nn.Sequential(*conv(channels, 64), *conv(64, 128), nn.Flatten(), weighted(flat), *after(256),
                         weighted(nn.Linear(256, classes)))
def teach(net, a):
    weights = list(net.parameters())
    velocity = [torch.zeros_like(w) for w in weights]
    for t, (lr, momentum) in enumerate(zip(a["lr"], a["momentum"])):
        x, y = (a[name][t % len(a[name])] for name in ("images", "labels"))  # where batches are fewer than steps, again
        loss = -(y * net(x).log_softmax(1)).sum(1).mean()
        for w, v, g in zip(weights, velocity, torch.autograd.grad(loss, weights)):
            w.data.sub_(lr * v.mul_(momentum).add_(g))
    with torch.no_grad(): net(x)  # the norms' means under the final parameters
    return net.eval()

def accuracy(net, a, folder):  # in %, on test images as the curriculum's networks must see them
    def read_idx(name, header):
        path = next(folder.glob(name + "*"))
        return np.frombuffer((gzip.open if path.suffix == ".gz" else open)(path, "rb").read(), np.uint8, offset=header)
    x = torch.tensor(read_idx("t10k-images-idx3-ubyte", 16)).view(-1, *a["images"].shape[2:])
    x = (x / 255 - a["mean"].view(-1, 1, 1)) / a["std"].view(-1, 1, 1)
    if "whitening" in a: x = ((x.flatten(1) - a["whitening_mean"]) @ a["whitening"]).view(x.shape)
    with torch.no_grad(): guessed = torch.cat([net(part).argmax(1) for part in x.split(500)])
    return 100 * (guessed == torch.tensor(read_idx("t10k-labels-idx1-ubyte", 8))).float().mean().item()

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("curriculum"), parser.add_argument("--seeds", type=int, default=1)
parser.add_argument("--data", type=pathlib.Path, required=True, help="folder with the IDX files of the test images")
flags, finals = parser.parse_args(), []
loaded = np.load(flags.curriculum)
if loaded["optimizer"][0] != "sgd": parser.error(f"{flags.curriculum} is for {loaded['optimizer'][0]}; this example does sgd")
arrays = {name: torch.from_numpy(loaded[name]) for name in loaded.files if loaded[name].dtype == np.float32}
for seed in range(1, flags.seeds + 1):
    torch.manual_seed(seed)
    net = teach(base_fc(*arrays["images"].shape[2:], arrays["labels"].shape[2]), arrays)
    finals.append(accuracy(net, arrays, flags.data))
    print(f"seed {seed}: {finals[-1]:.2f} %", flush=True)
print(f"mean {np.mean(finals):.2f} %, deviation {np.std(finals):.2f}")
