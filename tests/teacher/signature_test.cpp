// The behaviour of the engine in one number: a refactoring must not move it, and a commit that moves it says so.
//
// What is stored (signature.json) comes from a run in float64: the bits of a float32 run depend on the processor, on
// LibTorch and on the libraries behind it, so that a stored one would hold on one machine alone. In float64 those
// differ from the 14th digit on, and no own kernel takes part: they are float32 alone and are held against the layers
// elsewhere. Random numbers are float32 all the same, and LibTorch draws them in another way on processors without
// AVX2; so the file names the stream it was made with, and with another one the values agree to five digits only (they
// are held to four). The values are compared one by one, and the hash of their first nine digits is their name: a hash
// alone would turn on a value that lies between two roundings, and could not say what moved.
//
// Of the float32 run, with the kernels in use and one thread, the bits must be the same run after run, in one process
// and in another.
//
// To store what the code does now: GTN_SIGNATURE=update build/dev/tests/teacher_test --gtest_filter='Signature.*'
#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <set>

#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/teacher/meta_trainer.h"
#include "tests/core/run_command.h"

namespace gtn {
namespace {

constexpr int64_t kClasses = 3;
constexpr double kTolerance = 1e-9;  // of a value, or of one where that is larger
constexpr double kOtherStreamTolerance = 1e-4;
const Shape kImage{2, 9, 7};
const std::filesystem::path kStored = std::filesystem::path(GTN_SOURCE_DIR) / "tests/teacher/signature.json";

// Random images, each class brighter in its own third of the rows.
class Stripes final : public BatchSource {
 public:
  explicit Stripes(at::ScalarType type) : type_(type) {}
  Batch batch(int64_t step) const override {
    constexpr int64_t kBatch = 10;
    const Tensor labels = at::arange(kBatch) % kClasses;
    Tensor x = Key(40).split(static_cast<uint64_t>(step)).normal({kBatch, kImage[0], kImage[1], kImage[2]});
    for (int64_t b = 0; b < kBatch; ++b) x[b].narrow(1, 3 * (b % kClasses), 3).add_(1.0);
    return {x.to(type_).contiguous(kChannelsLast), at::one_hot(labels, kClasses).to(type_)};
  }
  int64_t steps() const override { return -1; }

 private:
  at::ScalarType type_;
};

// Two runs that between them meet every kind of layer and every switch of the unroll.
std::vector<MetaConfig> configs() {
  MetaConfig window;
  window.teacher = {.steps = 4,
                    .batch = 6,
                    .labels = Labels::learned,
                    .lr = 0.1,
                    .generator = {.noise = 5, .hidden = 12, .wide = 4, .narrow = 3}};
  window.unroll = {.window = 3, .loss_every = 2};
  window.outer.iterations = 7;
  window.population.fixed = {
      "conv(4) norm(batch) relu maxpool(2) flatten linear(classes)",
      "conv(5, k=5, nobias, wn) maxpool(3, s=2, p=1) norm(mean) leaky_relu(0.1) gap linear(classes, wn)",
      "conv(4, s=2) norm(instance) silu res{ conv(4, nobias) norm(batch) } flatten linear(6) tanh linear(classes)"};
  MetaConfig whole = window;
  whole.teacher.labels = Labels::onehot;
  whole.unroll = {.calibration = Calibration::all};
  whole.outer.iterations = 4;
  whole.population.fixed = {"conv(4, k=1, s=2) norm(batch) tanh avgpool(2) flatten linear(classes)",
                            "flatten linear(8) norm(mean) relu linear(classes)"};
  return {window, whole};
}

struct Traces {
  std::map<std::string, double> values;  // by name, to say what moved
  std::map<std::string, Tensor> state;
  std::set<std::string> learners;
};

Traces trace(size_t index, at::ScalarType type) {
  const MetaConfig config = configs().at(index);
  const Stripes real(type);
  MetaTrainer trainer(config, kImage, kClasses, real, Key(7), type, /*memory=*/4096);  // some steps keep a record
  const std::string prefix = "run" + std::to_string(index) + ".";
  Traces result;
  while (!trainer.done()) {
    const MetaStep step = trainer.step();
    const std::string iteration = prefix + std::to_string(step.iteration);
    result.values[iteration + ".loss"] = step.loss;
    result.values[iteration + ".gradient_norm"] = step.gradient_norm;
    result.learners.insert(step.learner);
  }
  for (const auto& [name, tensor] : trainer.state()) {
    result.state[name] = tensor;
    const Tensor direction = Key(8).split(name).normal(tensor.sizes()).to(at::kDouble);
    result.values[prefix + name] = scalar((tensor.to(at::kDouble) * direction).sum());
  }
  return result;
}

void absorb(uint64_t& hash, const void* data, size_t size) {  // FNV-1a
  const auto* bytes = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
}

std::string hex(uint64_t hash) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

std::string signature_of(const std::map<std::string, double>& values) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const auto& [name, value] : values) {
    char digits[32];
    const int length = std::snprintf(digits, sizeof digits, "%.8e", value);
    absorb(hash, name.data(), name.size());
    absorb(hash, digits, static_cast<size_t>(length));
  }
  return hex(hash);
}

// Of all bits that the float32 runs leave.
std::string float32_signature() {
  uint64_t hash = 0xcbf29ce484222325;
  for (size_t i = 0; i < configs().size(); ++i) {
    const Traces result = trace(i, at::kFloat);
    for (const auto& [name, value] : result.values) absorb(hash, &value, sizeof value);
    for (const auto& [name, tensor] : result.state) {
      const Tensor flat = tensor.contiguous();
      absorb(hash, flat.data_ptr(), flat.nbytes());
    }
  }
  return hex(hash);
}

// Of the random numbers that everything begins with.
std::string stream_signature() {
  const Tensor numbers = Key(9).normal({256});
  uint64_t hash = 0xcbf29ce484222325;
  absorb(hash, numbers.data_ptr(), numbers.nbytes());
  return hex(hash);
}

bool asked_to(const char* what) {
  const char* value = std::getenv("GTN_SIGNATURE");
  return value && std::strcmp(value, what) == 0;
}

class Signature : public testing::Test {
 protected:
  void SetUp() override { at::set_num_threads(1); }
  void TearDown() override { at::set_num_threads(threads_); }

 private:
  int threads_ = at::get_num_threads();
};

TEST_F(Signature, has_not_moved) {
  std::map<std::string, double> values;
  for (size_t i = 0; i < configs().size(); ++i) {
    const Traces result = trace(i, at::kDouble);
    values.insert(result.values.begin(), result.values.end());
    EXPECT_EQ(result.learners.size(), configs()[i].population.fixed.size()) << "all of them have to take part";
  }
  if (asked_to("update")) {
    const Json json{{"signature", signature_of(values)}, {"stream", stream_signature()}, {"values", values}};
    write_file_atomic(kStored, json.dump(1) + "\n");
    GTEST_SKIP() << "stored " << signature_of(values) << " in " << kStored;
  }
  const Json stored = Json::parse(read_file(kStored));
  const auto expected = stored.at("values").get<std::map<std::string, double>>();
  EXPECT_EQ(stored.at("signature"), signature_of(expected)) << "edited by hand?";
  ASSERT_EQ(values.size(), expected.size());
  const double tolerance = stored.at("stream") == stream_signature() ? kTolerance : kOtherStreamTolerance;
  std::vector<std::string> moved;
  for (const auto& [name, value] : values) {
    const auto known = expected.find(name);
    ASSERT_NE(known, expected.end()) << name;
    if (std::abs(value - known->second) <= tolerance * std::max(1.0, std::abs(known->second))) continue;
    char line[128];
    std::snprintf(line, sizeof line, "%s: %.10g became %.10g", name.c_str(), known->second, value);
    moved.emplace_back(line);
  }
  EXPECT_THAT(moved, testing::IsEmpty()) << stored.at("signature") << " became " << signature_of(values)
                                         << "; where that is meant, the head of this file says how to store it";
}

TEST_F(Signature, of_float32_is_the_same_bits_run_after_run) {
  const std::string signature = float32_signature();
  if (asked_to("print")) {
    std::printf("float32 signature %s\n", signature.c_str());
    return;
  }
  EXPECT_EQ(float32_signature(), signature) << "a second run in this process";
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const CommandResult other =
      run_command("GTN_SIGNATURE=print '" + program + "' --gtest_filter='Signature.of_float32*'");
  EXPECT_EQ(other.code, 0) << other.output;
  EXPECT_THAT(other.output, testing::HasSubstr("float32 signature " + signature)) << "another process";
}

}  // namespace
}  // namespace gtn
