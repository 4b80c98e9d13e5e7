// A network as PyTorch code: the text itself; tests/tools/export_pytorch_test.py runs it.
#include <gmock/gmock.h>

#include "tests/exchange/networks.h"

namespace gtn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

PortableNetwork as_python(const std::string& text) {
  const auto [net, w, statistics] = finished(text);
  return {.learner = net->text(),
          .input = net->input(),
          .operations = operations_of(*net, w, statistics),
          .normalization = {at::full({3}, 0.5), at::full({3}, 0.25)},
          .class_names = {"a", "b\n\"\"\"", "c", "d", "e"},
          .dataset = "toy",
          .dataset_fingerprint = "abc"};
}

TEST(PyTorch, code_reads_like_the_network) {
  const PortableNetwork network = as_python("conv(4, nobias) norm(batch) res{ relu conv(4) } gap linear(classes)");
  EXPECT_THAT(pytorch_code(network, "net.npz"), HasSubstr(R"(
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, 1, 1))
        self.register_buffer("std", torch.zeros(3, 1, 1))
        self.layer0 = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.layer1 = nn.BatchNorm2d(4)
        self.layer3 = nn.Conv2d(4, 4, 3, padding=1)
        self.layer6 = nn.Linear(4, 5)

    def preprocess(self, pixels):
        """Raw pixels as the units that the network learned in."""
        return (pixels - 255 * self.mean) / (255 * self.std)

    def forward(self, pixels):
        """Logits of raw pixels."""
        image = self.preprocess(pixels)
        x = self.layer0(image)
        x1 = self.layer1(x)
        x = F.relu(x1)
        x = self.layer3(x)
        x = x + x1
        x = x.mean((2, 3))
        x = self.layer6(x)
        return x
)"));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : pytorch_arrays(network)) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("layer0.weight", "layer1.bias", "layer1.num_batches_tracked", "layer1.running_mean",
                                 "layer1.running_var", "layer1.weight", "layer3.bias", "layer3.weight", "layer6.bias",
                                 "layer6.weight", "mean", "std"));
}

TEST(PyTorch, only_what_a_network_needs_is_defined) {
  const std::string plain = pytorch_code(as_python("flatten linear(classes)"), "net.npz");
  const std::string all =
      pytorch_code(as_python("norm(mean) avgpool(2, s=1, p=same) attention(heads=1) gap linear(classes)"), "net.npz");
  for (const char* piece : {"class MeanNorm", "class Attention", "def mean_pool"}) {
    EXPECT_THAT(plain, Not(HasSubstr(piece)));
    EXPECT_THAT(all, HasSubstr(piece));
  }
}

TEST(PyTorch, names_of_classes_and_files_stay_inside_their_quotes) {
  const std::string code = pytorch_code(as_python("flatten linear(classes)"), "my \"net\".npz");
  EXPECT_THAT(code, HasSubstr("CLASSES = [\"a\",\"b\\n\\\"\\\"\\\"\",\"c\",\"d\",\"e\"]\n"));
  EXPECT_THAT(code, HasSubstr("with_name(\"my \\\"net\\\".npz\")"));
}

}  // namespace
}  // namespace gtn
