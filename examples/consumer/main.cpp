// A network that gtn has no layers for, a hidden layer of sines, taught by a published teacher and judged on real
// images. usage: my_network TEACHER.safetensors [DATA_FOLDER]
#include <cstdio>
#include <exception>

#include "gtn/core/version.h"
#include "gtn/data/artefact.h"
#include "gtn/nets/autograd_net.h"
#include "gtn/unroll/accuracy.h"

namespace {

// Logits and fresh parameters, in any words of LibTorch's; gtn differentiates them, twice where it has to.
gtn::AutogradNet sines(int64_t pixels, int64_t hidden, int64_t classes) {
  const int64_t first = pixels * hidden, second = hidden * classes;
  const auto logits = [=](const gtn::Tensor& w, const gtn::Tensor& x, const gtn::Tensors* /*calibration*/) {
    const gtn::Tensor inner = x.flatten(1).matmul(w.narrow(0, 0, first).view({pixels, hidden})).sin();
    return inner.matmul(w.narrow(0, first, second).view({hidden, classes}));
  };
  const auto initial = [=](const gtn::Key& key) { return 0.02 * key.normal({first + second}); };
  return gtn::AutogradNet("sines", first + second, initial, logits);
}

int teach(const std::string& path, const std::vector<std::filesystem::path>& folders) {
  const gtn::Artefact teacher = gtn::load_artefact(path);
  const gtn::Splits data = gtn::open_dataset(teacher.dataset, folders);
  gtn::Schedule schedule{.sizes = {}, .optimizer = gtn::optimizer_named(teacher.optimizer, path)};
  for (int64_t t = 0; t < teacher.steps(); ++t)
    schedule.sizes.push_back({gtn::scalar(teacher.lr[t]), gtn::scalar(teacher.momentum[t])});
  const gtn::StoredBatches curriculum = gtn::curriculum_of(teacher);
  const gtn::AutogradNet net = sines(teacher.images[0][0].numel(), 128, data.test.classes());
  const double percent = gtn::final_accuracy(net, {curriculum, schedule}, gtn::Key(1), data.test, teacher.normalization,
                                             data.test.size(), at::kCPU);
  std::printf("gtn %s: %lld parameters, %lld steps, %.1f %% of the test images\n", gtn::library_version().data(),
              static_cast<long long>(net.parameter_count()), static_cast<long long>(teacher.steps()), percent);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: my_network TEACHER.safetensors [DATA_FOLDER]\n"), 2;
  std::vector<std::filesystem::path> folders = gtn::default_data_folders();
  if (argc > 2) folders.insert(folders.begin(), argv[2]);
  try {
    return teach(argv[1], folders);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "my_network: %s\n", error.what());
    return 1;
  }
}
