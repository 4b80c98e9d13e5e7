// Distillation from experts, as a person runs it.
#include <gmock/gmock.h>

#include "gtn/core/archive.h"
#include "tests/cli/program.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Experts : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(folder_.path());
    write_file_atomic(
        at("tiny.toml"),
        "dataset = \"" + folder_.path().string() +
            "\"\nreal_batch = 30\n[teacher]\nimages = \"pixels\"\nlabels = \"learned\"\nsteps = 3\nbatch = 6\nlr = "
            "0.1\n[outer]\niterations = 20\n[population]\nwidths = [4]\ndepths = [1, 2]\n[validation]\nevery = 0\n"
            "[experts]\ncount = 2\nlearner = \"conv(4) norm(batch) relu flatten linear(classes)\"\nsteps = 30\n"
            "temperature = 8.0\n");
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  std::string command(const std::string& out) const {
    return "train --threads 1 --config " + at("tiny.toml").string() + " --out " + at(out).string() + " ";
  }
  CommandResult train(const std::string& out, const std::string& more = "") const {
    return run_program(command(out) + more);
  }
  CommandResult resume(const std::string& run) const {
    return run_program("train --threads 1 --resume " + at(run).string());
  }
  std::string teacher(const std::string& run) const { return read_file(at(run) / "teacher.safetensors"); }
  std::map<std::string, Tensor> tensors(const std::string& run) const {
    return read_archive(at(run) / "teacher.safetensors").tensors;
  }
  // A run of the same configuration that was killed early: its `files` are those of `from`.
  void leave(const std::string& from, const std::string& to, const std::vector<std::string>& files) const {
    fs::create_directories(at(to));
    for (const std::string& file : files) fs::copy_file(at(from) / file, at(to) / file);
  }

  TemporaryFolder folder_;
};

TEST_F(Experts, are_trained_reported_kept_and_judge) {
  const CommandResult trained = train("run");
  ASSERT_EQ(trained.code, 0) << trained.output;
  const std::string note = "2 experts 'conv(4) norm(batch) relu flatten linear(classes)', 30 steps of 64 images: ";
  EXPECT_THAT(trained.output, AllOf(HasSubstr(note + "validation "), HasSubstr(" %")));
  EXPECT_THAT(read_file(at("run") / "log.txt"), HasSubstr(note));
  const Tensor soft = read_archive(at("run") / "experts.safetensors").tensors.at("labels");
  EXPECT_EQ(shape_of(soft), (Shape{249, 3}));
  EXPECT_LT(scalar(soft.amax(1).mean()), 0.99) << "temperature 8 softens";

  // Judged by the classes alone, a teacher does not know that there were experts.
  ASSERT_EQ(train("none", "--set experts.count=0").code, 0);
  ASSERT_EQ(train("deaf", "--set experts.weight=0").code, 0);
  EXPECT_FALSE(fs::exists(at("none") / "experts.safetensors"));
  for (const auto& [name, tensor] : tensors("none")) {
    EXPECT_TRUE(at::equal(tensors("deaf").at(name), tensor)) << name;
    const bool follows = name == "labels" || name == "images";
    EXPECT_TRUE(!follows || !at::equal(tensors("run").at(name), tensor)) << name;
  }
}

TEST_F(Experts, a_run_that_is_gone_on_with_gives_the_same_bits) {
  ASSERT_EQ(train("whole").code, 0);
  leave("whole", "in training them", {"config.toml"});
  leave("whole", "after them", {"config.toml", "experts.safetensors"});
  for (const char* run : {"in training them", "after them"}) {
    const std::string path = "'" + at(run).string() + "'";
    const CommandResult resumed = run_program("train --threads 1 --resume " + path);
    ASSERT_EQ(resumed.code, 0) << resumed.output;
    EXPECT_EQ(resumed.output.find("2 experts") == std::string::npos, std::string(run) == "after them");
    EXPECT_EQ(teacher(run), teacher("whole")) << run;
    EXPECT_EQ(read_file(at(run) / "experts.safetensors"), read_file(at("whole") / "experts.safetensors")) << run;
  }
  const std::string longer = "--set outer.iterations=150";
  ASSERT_EQ(train("long", longer).code, 0);
  start_and_signal(command("killed") + longer, at("killed") / "metrics.jsonl", 9, SIGINT);
  ASSERT_TRUE(fs::exists(at("killed") / "checkpoint.safetensors"));
  ASSERT_EQ(resume("killed").code, 0);
  EXPECT_EQ(teacher("killed"), teacher("long"));
  EXPECT_EQ(read_file(at("killed") / "metrics.jsonl"), read_file(at("long") / "metrics.jsonl"));
}

TEST_F(Experts, serve_real_images_few_labels_and_the_population_itself) {
  const std::string real = "--set teacher.images=real --set labelled=60 --set 'experts.learner=\"\"' ";
  const CommandResult onehot = train("onehot", real + "--set teacher.labels=onehot");
  ASSERT_EQ(onehot.code, 0) << onehot.output;
  EXPECT_EQ(shape_of(read_archive(at("onehot") / "experts.safetensors").tensors.at("labels")), (Shape{60, 3}));
  const Tensor labels = tensors("onehot").at("labels");
  EXPECT_LT(scalar(labels.amax(2).min()), 1) << "learners are taught with soft labels, too";
  const CommandResult semi = train("semi", real + "--set teacher.labels=semi --set population.fixed='[\"mlp\"]'");
  EXPECT_EQ(semi.code, 0) << semi.output;
  EXPECT_THAT(semi.output, HasSubstr("2 experts 'flatten linear("));
}

TEST_F(Experts, judge_beside_augmented_lessons) {
  const std::string too = "--set augment.crop=2 --set augment.mode=siamese --set augment.synthetic=true ";
  ASSERT_EQ(train("run", too + "--set validation.every=10 --set validation.learners=1").code, 0);
  const Archive archive = read_archive(at("run") / "teacher.safetensors");
  EXPECT_THAT(archive.metadata.at("augmentation"), HasSubstr("moved by up to 2 pixels"));
  EXPECT_THAT(archive.metadata.at("usage"), HasSubstr("moved by up to 2 pixels"));
  ASSERT_EQ(train("plain").code, 0);
  EXPECT_FALSE(read_archive(at("plain") / "teacher.safetensors").metadata.contains("augmentation"));
  const CommandResult evaluated = run_program("evaluate --threads 1 --seeds 1 " + at("run").string());
  EXPECT_EQ(evaluated.code, 0) << evaluated.output;
}

TEST_F(Experts, faults_name_the_key_or_the_file) {
  const CommandResult unknown = train("x", "--set 'experts.learner=conv(4) relo'");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.output, AllOf(HasSubstr("experts.learner"), HasSubstr("'relo' is not a layer")));
  EXPECT_THAT(train("x", "--set experts.weight=2").output, HasSubstr("experts.weight"));
  EXPECT_FALSE(fs::exists(at("x")));
  const CommandResult diverged = train("wild", "--set experts.lr=1e30");
  EXPECT_EQ(diverged.code, 1);
  EXPECT_THAT(diverged.output, AllOf(HasSubstr("diverged"), HasSubstr("experts.lr")));

  ASSERT_EQ(train("run").code, 0);
  leave("run", "cut", {"config.toml", "experts.safetensors"});
  Archive archive = read_archive(at("run") / "experts.safetensors");
  archive.tensors["labels"] = archive.tensors["labels"].narrow(0, 0, 7);
  write_archive(at("cut") / "experts.safetensors", archive);
  const CommandResult outcome = resume("cut");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("experts.safetensors"), HasSubstr("[7, 3]"), HasSubstr("[249, 3]")));
}

}  // namespace
}  // namespace gtn
