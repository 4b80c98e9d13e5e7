// Training that starts from another teacher, as a person runs it.
#include <gmock/gmock.h>

#include <sstream>

#include "gtn/core/archive.h"
#include "gtn/core/blas_core.h"
#include "gtn/core/machine.h"
#include "tests/cli/program.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Start : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(folder_.path());
    write_file_atomic(at("tiny.toml"),
                      "dataset = \"" + folder_.path().string() +
                          "\"\nreal_batch = 30\n[teacher]\nsteps = 5\nbatch = 6\nlr = 0.1\n"
                          "[teacher.generator]\nnoise = 4\nhidden = 16\nwide = 4\nnarrow = 4\n"
                          "[outer]\niterations = 8\n[population]\nfixed = [\"flatten linear(classes)\"]\n"
                          "[validation]\nevery = 0\n");
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  CommandResult train(const std::string& out, const std::string& more) const {
    return run_program("train --threads 1 --config " + at("tiny.toml").string() + " --out " + at(out).string() + " " +
                       more);
  }
  // Trained on from `start` so slowly that the teacher stays what it was.
  CommandResult go_on(const std::string& out, const std::string& start, const std::string& more) const {
    return train(out, "--set outer.iterations=1 --set outer.lr=1e-9 --set start=" + at(start).string() + " " + more);
  }
  std::map<std::string, Tensor> tensors(const std::string& run) const {
    return read_archive(at(run) / "teacher.safetensors").tensors;
  }
  void expect_alike(const std::string& one, const std::string& other, double tolerance) const {
    const auto a = tensors(one), b = tensors(other);
    for (const auto& [name, tensor] : a)
      EXPECT_TRUE(at::allclose(tensor, b.at(name), 0, tolerance)) << one << ", " << other << ": " << name;
  }

  TemporaryFolder folder_;
};

TEST(BlasKernels, are_good_ones_for_this_machine_wherever_a_verb_computes) {
  const CommandResult started = run_command("env -u OPENBLAS_CORETYPE OPENBLAS_VERBOSE=2 " GTN_PROGRAM
                                            " train --config no/such.toml --out no/run");
  EXPECT_EQ(started.code, 1) << started.output;
  std::string core;
  std::istringstream lines(started.output);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("Core: ")) core = line.substr(6);
  if (core.empty()) GTEST_SKIP() << "another library multiplies";
  EXPECT_EQ(better_blas_core(core, describe_machine().features), "") << started.output;
  EXPECT_THAT(started.output, HasSubstr("no/such.toml"));
}

TEST_F(Start, a_teacher_begins_where_another_ended) {
  ASSERT_EQ(train("first", "").code, 0);
  const CommandResult second = go_on("second", "first", "--set 'population.fixed=[\"mlp\"]'");
  ASSERT_EQ(second.code, 0) << second.output;
  expect_alike("second", "first", 1e-5);
  ASSERT_EQ(train("fresh", "--set outer.iterations=1 --set outer.lr=1e-9").code, 0);
  EXPECT_FALSE(at::allclose(tensors("fresh").at("images"), tensors("first").at("images"), 0, 1e-2));
}

TEST_F(Start, pixels_begin_from_a_compact_file_with_fewer_batches_than_steps) {
  const std::string pixels = "--set teacher.images=pixels --set teacher.labels=learned --set teacher.batches=2 ";
  ASSERT_EQ(train("first", pixels).code, 0);
  EXPECT_EQ(tensors("first").at("images").size(0), 2);
  EXPECT_EQ(tensors("first").at("lr").size(0), 5);
  const std::string small = at("small.safetensors").string();
  ASSERT_EQ(run_program("export " + at("first").string() + " --format safetensors --out " + small).code, 0);
  const CommandResult second = go_on("second", "small.safetensors", pixels);
  ASSERT_EQ(second.code, 0) << second.output;
  const auto first = tensors("first"), again = tensors("second");
  EXPECT_TRUE(at::allclose(again.at("images"), first.at("images"), 0, 0.03));  // 8 bits
  EXPECT_TRUE(at::allclose(again.at("labels"), first.at("labels"), 0, 2e-3));  // half precision
  EXPECT_TRUE(at::allclose(again.at("lr"), first.at("lr"), 1e-4, 0));
}

TEST_F(Start, what_was_begun_does_not_need_that_file_again) {
  ASSERT_EQ(train("first", "").code, 0);
  const std::string on = "--set outer.iterations=30 --set start=" + at("first").string();
  ASSERT_EQ(train("whole", on).code, 0);
  const std::string command = "train --threads 1 --config " + at("tiny.toml").string() + " " + on + " --out ";
  start_and_signal(command + at("cut").string(), at("cut") / "metrics.jsonl", 3, SIGKILL);
  fs::remove_all(at("first"));
  ASSERT_EQ(run_program("train --threads 1 --resume " + at("cut").string()).code, 0);
  expect_alike("cut", "whole", 0);
}

TEST_F(Start, a_teacher_of_another_kind_is_refused) {
  ASSERT_EQ(train("first", "").code, 0);
  const CommandResult longer = go_on("longer", "first", "--set teacher.steps=6");
  EXPECT_EQ(longer.code, 1);
  EXPECT_THAT(longer.output, AllOf(HasSubstr(at("first").string()), HasSubstr("curriculum.z")));
  EXPECT_FALSE(fs::exists(at("longer")));
  EXPECT_EQ(go_on("missing", "nothing", "").code, 2);
  fs::create_directory(at("other"));
  write_tiny_dataset(at("other"));
  std::string labels = read_file(at("other") / "train-labels-idx1-ubyte");
  std::swap(labels[8], labels[9]);
  write_file_atomic(at("other") / "train-labels-idx1-ubyte", labels);
  const CommandResult foreign = go_on("foreign", "first", "--set dataset=" + at("other").string());
  EXPECT_EQ(foreign.code, 2);
  EXPECT_THAT(foreign.output, HasSubstr("was learned on other data"));
}

}  // namespace
}  // namespace gtn
