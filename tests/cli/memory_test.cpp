// The memory that gtn train announces, against what the process then takes.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/program.h"

namespace gtn {
namespace {

constexpr double kMiB = 1 << 20;

struct Measured {
  double peak = 0;      // MiB that the process held at most
  double forecast = 0;  // MiB that it announced
  std::string output;
};

// Two meta-iterations of gtn train without a look at the validation split.
class Memory : public testing::Test {
 protected:
  void SetUp() override {
    const Tensor labels = at::arange(300, at::kLong) % 10;
    for (const std::string prefix : {"train", "t10k"}) {
      write_file_atomic(folder_ / (prefix + "-images-idx3-ubyte"), idx_bytes(Key(1).uniform({300, 28, 28}, 0, 255)));
      write_file_atomic(folder_ / (prefix + "-labels-idx1-ubyte"), idx_bytes(labels));
    }
  }

  Measured train(const std::string& settings) const {
    const std::string run = (folder_ / std::to_string(runs_++)).string();
    const std::string command = std::string("exec ") + GTN_PROGRAM + " train --threads 1 --out " + run +
                                " --set 'dataset=\"" + folder_.path().string() +
                                "\"' --set outer.iterations=2 --set validation.every=0 " + settings + " >" + run +
                                ".log 2>&1";
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    Measured result{static_cast<double>(usage.ru_maxrss) * 1024 / kMiB, 0, read_file(run + ".log")};
    EXPECT_EQ(status, 0) << result.output;
    const std::string start = "memory: about ";
    if (const size_t at = result.output.find(start); at != std::string::npos)
      result.forecast = std::stod(result.output.substr(at + start.size()));
    return result;
  }

  TemporaryFolder folder_;

 private:
  mutable int runs_ = 0;
};

std::string learner(const std::string& text) { return "--set 'population.fixed=[\"" + text + "\"]' "; }

TEST_F(Memory, is_what_the_forecast_says) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "a sanitizer's memory is its own";
#endif
  // Next to nothing beside the program, its libraries and its data.
  const Measured base =
      train(learner("flatten linear(classes)") +
            "--set teacher.steps=1 --set teacher.batch=2 --set real_batch=2 --set teacher.generator.noise=2 --set "
            "teacher.generator.hidden=4 --set teacher.generator.wide=2 --set teacher.generator.narrow=2");
  EXPECT_LE(base.forecast, 1);
  const std::string small =
      "conv(16) norm(batch) relu maxpool(2) conv(32) norm(batch) relu maxpool(2) flatten linear(classes)";
  for (const std::string& settings :
       {learner(small) + "--set teacher.steps=8 --set teacher.batch=48 --set real_batch=64 --memory 4000",
        learner("mlp") + "--set teacher.steps=12 --set teacher.batch=16 --set real_batch=64 --memory 0",
        learner("base_fc") + "--set teacher.steps=2 --set teacher.batch=32 --memory 4000"}) {
    const Measured measured = train(settings);
    const double growth = measured.peak - base.peak;
    EXPECT_LT(growth, 1.5 * measured.forecast) << measured.output;
    EXPECT_GT(growth, measured.forecast / 1.5) << measured.output;
  }
}

}  // namespace
}  // namespace gtn
