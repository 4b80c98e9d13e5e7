// gtn export: folders of pictures, and which network becomes a file. Other programs read the files in tests/tools/.
#include "cli/export_folder.h"
#include "cli/export_network.h"
#include "cli/network_file.h"
#include "cli/run_config.h"
#include "gtn/core/config.h"
#include "gtn/core/json.h"
#include "gtn/nets/spec.h"
#include "tests/cli/program.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const std::vector<std::string> kOddNames{"T-shirt/top", "../a,\n\"b\"", "\xc3\xa4"};

// Two batches of six images for three steps, class b mod 3.
Artefact small_artefact(int64_t channels = 1) {
  const Key key(5);
  RunConfig config;
  config.meta.teacher.images = Images::pixels;
  return {.images = key.split("images").normal({2, 6, channels, 6, 5}),
          .labels = at::one_hot(at::arange(6, at::kLong) % 3, 3).to(at::kFloat).expand({2, 6, 3}).contiguous(),
          .lr = at::tensor({0.5F, 0.25F, 0.125F}),
          .momentum = at::tensor({0.5F, 0.5F, 0.75F}),
          .normalization = {at::full({channels}, 0.5), at::full({channels}, 0.25)},
          .class_names = kOddNames,
          .dataset = "toy",
          .dataset_fingerprint = "abc",
          .learners = "mlp",
          .config = to_toml(config),
          .program_version = "0",
          .teacher = {}};
}

class Export : public testing::Test {
 protected:
  fs::path at(const std::string& name) const { return folder_.path() / name; }
  std::string path(const std::string& name) const { return at(name).string(); }

  // A file of a network for images [1, 6, 5] and three classes.
  NetworkFile save_small_network(const std::string& name) const {
    const auto net = make_net("conv(4) norm(batch) gap linear(classes)", {1, 6, 5}, 3);
    const TrainedNet trained{net->initial(Key(3)), {at::full({4}, 0.1), at::full({4}, 2.0)}};
    const Dataset data{"toy", at::zeros({3, 1, 6, 5}, at::kByte), at::arange(3, at::kLong), kOddNames, "abc"};
    save_network(at(name), *net, trained, {data, data, data, {at::full({1}, 0.5), at::full({1}, 0.25)}});
    return load_network(at(name));
  }

  TemporaryFolder folder_;
};

TEST_F(Export, a_folder_is_safe_to_unpack_and_says_how_to_use_it) {
  export_folder(at("out"), small_artefact());
  EXPECT_TRUE(fs::exists(at("out") / "step_000" / "00_T-shirt_top.png"));
  EXPECT_TRUE(fs::exists(at("out") / "step_001" / "04____a___b_.png"));
  EXPECT_TRUE(fs::exists(at("out") / "step_001" / "05___.png"));
  const std::string labels = read_file(at("out") / "labels.csv");
  EXPECT_THAT(labels, HasSubstr("file,batch,image,class,p:T-shirt/top,\"p:../a,\n\"\"b\"\"\",p:\xc3\xa4\r\n"));
  EXPECT_THAT(labels, HasSubstr("step_000/00_T-shirt_top.png,0,0,T-shirt/top,1,0,0\r\n"));
  const Json manifest = Json::parse(read_file(at("out") / "manifest.json"));
  EXPECT_EQ(manifest["class_names"], Json(kOddNames));
  EXPECT_EQ(manifest["image"], (Json{1, 6, 5}));
  EXPECT_EQ(manifest["steps"].size(), 3u);  // the third goes through the first batch again
  EXPECT_EQ(manifest["steps"][2], (Json{{"step", 2}, {"folder", "step_000"}, {"lr", 0.125}, {"momentum", 0.75}}));
  EXPECT_THAT(manifest["usage"].get<std::string>(), HasSubstr("v = momentum[t] * v + g"));
  EXPECT_TRUE(manifest["whitening"].is_null());

  expect_error([&] { export_folder(at("out"), small_artefact()); }, ErrorKind::usage, {"out", "is there already"});
  expect_error([&] { export_folder(at("two"), small_artefact(2)); }, ErrorKind::failure, {"two", "--format npz"});
  EXPECT_FALSE(fs::exists(at("two")));
}

TEST_F(Export, a_network_file_comes_back_whole) {
  const NetworkFile file = save_small_network("net.safetensors");
  EXPECT_EQ(file.class_names, kOddNames);
  EXPECT_EQ(file.trained.statistics.size(), 2u);
  EXPECT_TRUE(file.normalization.std.equal(at::full({1}, 0.25)));
  const auto damaged = [&](const std::string& name, const Tensor& tensor, const std::string& part) {
    Archive archive = read_archive(at("net.safetensors"));
    archive.tensors.erase(name);
    if (tensor.defined()) archive.tensors[name] = tensor;
    write_archive(at("damaged.safetensors"), archive);
    expect_error([&] { load_network(at("damaged.safetensors")); }, ErrorKind::failure, {"damaged.safetensors", part});
  };
  damaged("statistics.1", at::ones({5}), "statistics.1");
  damaged("mean", {}, "lacks the tensor 'mean'");
  damaged("whitening", at::eye(30), "lacks the tensor 'whitening_mean'");
  damaged("param.0.weight", at::ones({4, 1, 3, 3}, at::kDouble), "param.0.weight");
}

TEST_F(Export, of_a_search_run_the_winner_and_of_a_teacher_what_it_teaches) {
  fs::create_directory(at("run"));
  save_small_network("run/winner.safetensors");
  EXPECT_EQ(export_network({.path = path("run"), .format = "onnx", .out = path("winner.onnx")}),
            std::vector{at("winner.onnx")});
  EXPECT_EQ(export_network({.path = path("run/winner.safetensors"), .format = "pytorch", .out = path("w.py")}),
            (std::vector{at("w.py"), at("w.npz")}));
  EXPECT_THAT(read_file(at("w.py")), HasSubstr("with_name(\"w.npz\")"));

  save_artefact(at("teacher.safetensors"), small_artefact());
  const NetworkExport taught{.path = path("teacher.safetensors"),
                             .format = "onnx",
                             .out = path("a.onnx"),
                             .learner = "mlp",
                             .probe = path("a.npz")};
  EXPECT_EQ(export_network(taught), (std::vector{at("a.onnx"), at("a.npz")}));
  NetworkExport again = taught, other = taught;
  again.out = path("b.onnx");
  other.out = path("c.onnx");
  other.seed = 2;
  export_network(again);
  export_network(other);
  EXPECT_EQ(read_file(at("a.onnx")), read_file(at("b.onnx")));
  EXPECT_NE(read_file(at("a.onnx")), read_file(at("c.onnx")));
}

TEST_F(Export, refuses_what_makes_no_sense_and_says_why) {
  save_artefact(at("t.safetensors"), small_artefact());
  save_small_network("n.safetensors");
  RunConfig config;
  Artefact compact = small_artefact();
  compact.config = to_toml(config);  // of a generator that is not there
  save_artefact(at("compact.safetensors"), compact);
  const std::string teacher = "export " + path("t.safetensors") + " --out " + path("x.py"),
                    network = "export " + path("n.safetensors") + " --out " + path("x.txt");
  const std::tuple<std::string, int, std::string> cases[] = {
      {teacher + " --format onnx", 1, "has no generator: its images are not generated"},
      {teacher + " --format pytorch", 2, "needs a network: --learner"},
      {teacher + " --format pytorch --learner 'conv(4) gap'", 2, "linear(classes)"},
      {teacher + " --format onnx --learner mlp --multiplier 1e30", 1, "diverges on this curriculum"},
      {teacher + " --format npz --learner mlp --multiplier 2 --probe x.npz", 2, "3 faults"},
      {teacher + " --format onnx --multiplier 2", 2, "--multiplier is of the step sizes"},
      {network + " --format pytorch", 2, "is no Python file"},
      {network + " --format onnx --learner mlp", 2, "is a trained network; leave it out"},
      {network + " --format npz", 1, "not a teacher"},
      {"export " + path("compact.safetensors") + " --format onnx --out " + path("x.onnx"), 1, "holds no generator"},
      {"export " + path("absent") + " --format onnx", 2, "absent"},
  };
  for (const auto& [arguments, code, part] : cases) {
    const CommandResult outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, code) << arguments << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(part)) << arguments;
  }
  for (const char* name : {"x.py", "x.txt", "x.npz", "x.onnx"}) EXPECT_FALSE(fs::exists(at(name))) << name;
}

}  // namespace
}  // namespace gtn
