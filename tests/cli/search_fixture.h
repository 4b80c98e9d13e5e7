// One teacher that takes a second to learn, for all tests of gtn search and gtn study.
#pragma once

#include <gmock/gmock.h>

#include "gtn/runs/run_directory.h"
#include "gtn/runs/trial_store.h"
#include "tests/cli/program.h"

namespace gtn {

inline constexpr const char* kSearchSpace = R"toml(
learner = "conv({width}, k={kernel}) {text} relu {pool} flatten linear(classes)"
[choices]
width = [2, 4, 8, 5000]
kernel = [1, 3]
norm = [{norm = "none", text = ""}, {norm = "batch", text = "norm(batch)"}]
pool = ["maxpool(2)", "avgpool(2)"]
)toml";

// One teacher serves all tests: none writes into its run, and each names runs of its own.
class Search : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    write_tiny_dataset(folder_->path());
    write_file_atomic(at("space.toml"), kSearchSpace);
    std::string narrow = kSearchSpace;
    write_file_atomic(at("narrow.toml"), narrow.erase(narrow.find(", 5000"), 6));
    write_file_atomic(at("tiny.toml"), "dataset = \"" + folder_->path().string() +
                                           "\"\nreal_batch = 30\n[teacher]\nsteps = 6\nbatch = 6\nlr = 0.1\n"
                                           "images = \"pixels\"\n[outer]\niterations = 8\n[population]\n"
                                           "fixed = [\"conv(4) relu avgpool(2) flatten linear(classes)\"]\n"
                                           "[validation]\nevery = 0\n");
    train("teacher", "");
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::filesystem::path at(const std::string& name) { return folder_->path() / name; }
  static std::string path(const std::string& name) { return at(name).string(); }

  static void train(const std::string& out, const std::string& more) {
    const CommandResult outcome =
        run_program("train --threads 1 --config " + path("tiny.toml") + " --out " + path(out) + " " + more);
    ASSERT_EQ(outcome.code, 0) << outcome.output;
  }

  std::string request(const std::string& out, const std::string& more) const {
    return "search " + path("teacher") + " --set space=" + path("space.toml") +
           " --set candidates=14 --set round=4 --set strategy.population=5 --set strategy.sample=3 --set final.best=2 "
           "--set final.steps=40 --set final.batch=16 --set estimate.images=30 --out " +
           path(out) + " " + more;
  }

  // What a run's trials are, without the seconds they took.
  std::string trials(const std::string& run) const {
    std::string text;
    for (const Trial& trial : open_trial_store(at(run) / kTrialFile, StoreAccess::read)->trials())
      text += trial.plan.stage + " " + trial.plan.genotype + " " + std::to_string(trial.plan.seed) + " " +
              (trial.score ? std::to_string(*trial.score) : trial.fault) + "\n";
    return text;
  }

  int64_t ended(const std::string& run) const {
    try {
      const auto store = open_trial_store(at(run) / kTrialFile, StoreAccess::read);
      return store->count(TrialState::done) + store->count(TrialState::failed);
    } catch (const std::exception&) {
      return 0;  // there is none yet
    }
  }

  static inline std::unique_ptr<TemporaryFolder> folder_;
};

}  // namespace gtn
