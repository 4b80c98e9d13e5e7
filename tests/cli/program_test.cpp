#include "tests/cli/program.h"

#include <gmock/gmock.h>

#include "gtn/core/archive.h"
#include "gtn/core/json.h"
#include "gtn/runs/metrics.h"
#include "gtn/runs/sittings.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Program : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_dataset(folder_.path());
    write_file_atomic(at("tiny.toml"), "dataset = \"" + folder_.path().string() +
                                           "\"\nreal_batch = 30\n[teacher]\nsteps = 4\nbatch = 9\nlr = 0.1\n"
                                           "[teacher.generator]\nnoise = 4\nhidden = 16\nwide = 4\nnarrow = 4\n"
                                           "[outer]\niterations = 12\n[population]\nwidths = [4]\ndepths = [1, 2]\n"
                                           "[validation]\nevery = 5\nlearners = 1\n");
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }
  std::string train_command(const std::string& out) const {
    return "train --threads 1 --config " + at("tiny.toml").string() + " --out " + at(out).string() + " ";
  }
  CommandResult train(const std::string& out, const std::string& more = "") const {
    return run_program(train_command(out) + more);
  }

  TemporaryFolder folder_;
};

TEST_F(Program, trains_evaluates_exports_and_inspects) {
  const CommandResult trained = train("run");
  ASSERT_EQ(trained.code, 0) << trained.output;
  for (const char* name :
       {"config.toml", "metrics.jsonl", "checkpoint.safetensors", "teacher.safetensors", "curriculum.png", "DONE"})
    EXPECT_TRUE(fs::exists(at("run") / name)) << name;

  write_file_atomic(at("net.txt"), "# a learner in a file\nflatten linear(16)  # hidden\nrelu linear(classes)\n");
  const CommandResult evaluated = run_program("evaluate --threads 1 --json --seeds 2 --learner taught --learner " +
                                              at("net.txt").string() + " " + at("run").string());
  ASSERT_EQ(evaluated.code, 0) << evaluated.output;
  const Json json = Json::parse(evaluated.output);
  EXPECT_EQ(json.at("steps"), 4);
  EXPECT_EQ(json.at("learner"), "taught");
  EXPECT_EQ(json.at("learners").size(), 2u);
  EXPECT_EQ(json.at("learners")[1].at("learner_text"), "flatten linear(16) relu linear(classes)");
  for (const char* side : {"synthetic", "real"}) {
    EXPECT_EQ(json.at(side).at("curve").size(), 5u);
    EXPECT_GE(json.at(side).at("mean").get<double>(), 0.0);
    EXPECT_TRUE(json.at(side).contains("std"));
  }
  EXPECT_GT(json.at("real").at("lr").get<double>(), 0.0);
  EXPECT_TRUE(json.contains("dataset") && json.contains("seconds"));
  EXPECT_TRUE(fs::exists(at("run") / "curves.svg"));
  // Two learners on 30 test images of each class; pictures are for the page alone.
  Json confusion = json.at("confusion");
  EXPECT_EQ(confusion.at("row_sums"), (Json{60, 60, 60}));
  int64_t right = 0;
  for (size_t k = 0; k < 3; ++k) right += confusion.at("counts")[k][k].get<int64_t>();
  EXPECT_NEAR(100.0 * static_cast<double>(right) / 180, json.at("synthetic").at("mean").get<double>(), 1e-9);
  const Json kept = Json::parse(read_file(at("run") / "evaluation.json")).at("confusion");
  EXPECT_FALSE(kept.at("pairs").empty());
  for (size_t i = 0; i < kept.at("pairs").size(); ++i)
    confusion.at("pairs")[i]["picture"] = kept.at("pairs")[i].at("picture");
  EXPECT_EQ(confusion, kept);
  EXPECT_THAT(evaluated.output, Not(HasSubstr("data:image")));

  const CommandResult exported =
      run_program("export " + at("run").string() + " --format npz --out " + at("exact.npz").string());
  EXPECT_EQ(exported.code, 0) << exported.output;
  EXPECT_TRUE(fs::exists(at("exact.npz")));
  EXPECT_EQ(run_program("export " + at("run").string() + " --format png --out " + at("sheet.png").string()).code, 0);
  const std::string small = at("small.safetensors").string();
  EXPECT_EQ(run_program("export " + at("run").string() + " --format safetensors --out " + small).code, 0);
  EXPECT_LT(fs::file_size(small), fs::file_size(at("run") / "teacher.safetensors"));
  const CommandResult judged = run_program("evaluate --threads 1 --json --seeds 2 " + small);
  ASSERT_EQ(judged.code, 0) << judged.output;
  EXPECT_NEAR(Json::parse(judged.output).at("synthetic").at("mean").get<double>(),
              json.at("synthetic").at("mean").get<double>(), 5);
  // The built program, into the folder where it is started.
  EXPECT_EQ(run_command("cd " + folder_.path().string() + " && " + GTN_PROGRAM + " export " + small).output,
            "teacher.npz\n");
  for (const std::string& verb :
       {std::string("inspect "), "export --format png --out " + at("small.png").string() + " "})
    EXPECT_EQ(run_program(verb + small).code, 0) << verb;
  const CommandResult inspected = run_program("inspect --json " + at("run").string());
  EXPECT_EQ(Json::parse(inspected.output).at("images"), (Json{4, 9, 1, 8, 8}));
  // The artefact serves without the run's folder.
  EXPECT_EQ(run_program("evaluate --threads 1 --seeds 1 " + (at("run") / "teacher.safetensors").string()).code, 0);
  // A second training into the same folder is refused; a second --resume has nothing to do.
  EXPECT_THAT(train("run").output, HasSubstr("holds a run that is finished"));
  EXPECT_THAT(run_program("train --resume " + at("run").string()).output, HasSubstr("finished already"));
}

// How many 8 x 8 images with a class fit into the floats of the run's generator, its inputs and step sizes, which are
// fewer than those of the curriculum.
int64_t images_of_equal_floats(const fs::path& run) {
  int64_t floats = 0;
  for (const auto& [name, tensor] : read_archive(run / "teacher.safetensors").tensors)
    if (name.starts_with("teacher.")) floats += tensor.numel();
  EXPECT_LT(floats, 36 * (64 + 3) + 2 * 4);
  return (floats - 2) / 65;
}

TEST_F(Program, evaluates_several_teachers_as_one) {
  ASSERT_EQ(train("one").code, 0);
  ASSERT_EQ(train("two", "--set seed=2").code, 0);
  ASSERT_EQ(train("other", "--set teacher.steps=3").code, 0);
  const std::string both = at("one").string() + " " + at("two").string();
  const std::string evaluate = "evaluate --threads 1 --seeds 2 ";
  const CommandResult outcome = run_program(evaluate + "--json " + both);
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  ASSERT_EQ(json.at("teachers").size(), 2u);
  const Json& row = json.at("over_teachers")[0];
  EXPECT_EQ(row.at("learner"), "taught");
  for (size_t i = 0; i < 2; ++i)
    EXPECT_EQ(row.at("synthetic").at("teachers")[i], json.at("teachers")[i].at("synthetic").at("mean"));
  EXPECT_EQ(row.at("real").at("std"), 0);  // the same learners on the same real batches
  EXPECT_TRUE(row.contains("kmeans"));
  EXPECT_TRUE(fs::exists(at("two") / "evaluation.json"));
  EXPECT_THAT(run_program(evaluate + both).output, HasSubstr("2 teachers: mean ± deviation"));
  const CommandResult mixed = run_program(evaluate + both + " " + at("other").string());
  EXPECT_EQ(mixed.code, 2);
  EXPECT_THAT(mixed.output, HasSubstr("is not a teacher of the same kind"));
}

TEST_F(Program, evaluates_beside_every_control_and_measure) {
  ASSERT_EQ(train("run").code, 0);
  const std::string evaluate = "evaluate --threads 1 --seeds 2 --learner mlp " + at("run").string();
  const CommandResult outcome =
      run_program(evaluate +
                  " --json --controls all --expert 'flatten linear(classes)' "
                  "--expert-steps 20 --temperature 1 --temperature 3 --speedup --speedup-cap 2 "
                  "--to-end --to-end-steps 10 --shuffle "
                  "--robustness --robustness-steps 10");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json json = Json::parse(outcome.output);
  for (const char* side : {"kmeans", "kmeans_soft"}) {
    EXPECT_EQ(json.at(side).at("curve").size(), 5u);
    EXPECT_EQ(json.at(side).at("lrs").size(), 2u);
    EXPECT_EQ(json.at(side).at("images"), 36);
  }
  for (const Json& temperature : json.at("kmeans_soft").at("temperatures"))
    EXPECT_TRUE(temperature == 1 || temperature == 3) << temperature;
  EXPECT_EQ(json.at("kmeans_floats").at("images"), images_of_equal_floats(at("run")));
  const Json& speedup = json.at("speedup");
  EXPECT_GE(speedup.at("real_steps_for_equal").get<double>(), 4);
  EXPECT_EQ(speedup.at("budgets")[0].at("steps"), 4);
  EXPECT_GE(speedup.at("test").at("steps"), 4);
  EXPECT_EQ(speedup.at("test").at("finals").size(), 2u);
  for (const char* order : {"shuffled_batches", "all_shuffled"})
    EXPECT_EQ(json.at("order").at(order).at("finals").size(), 2u);
  for (const char* set : {"curriculum", "random", "kmeans"}) EXPECT_EQ(json.at("to_end").at(set).at("images"), 36);
  EXPECT_EQ(json.at("to_end").at("kmeans").at("images_per_class"), 12);
  EXPECT_EQ(json.at("robustness").at("rows")[0].at("disturbance"), "none");

  const CommandResult text =
      run_program(evaluate + " --speedup --speedup-cap 2 --to-end --to-end-steps 3 --shuffle --robustness " +
                  "--robustness-steps 3");
  EXPECT_THAT(text.output,
              AllOf(HasSubstr("kmeans (36)"), HasSubstr("real data needs"), HasSubstr("12 images a class"),
                    HasSubstr("normally trained"), HasSubstr("all images shuffled"), HasSubstr("fgsm 0.03137")));
  EXPECT_THAT(run_program(evaluate + " --controls none").output, Not(HasSubstr("kmeans")));
  EXPECT_EQ(run_program(evaluate + " --controls some").code, 2);
}

TEST_F(Program, shuffles_the_order_of_a_curriculum) {
  ASSERT_EQ(train("single", "--set teacher.steps=1").code, 0);
  ASSERT_EQ(train("several").code, 0);
  const auto evaluated = [&](const std::string& run) {
    return Json::parse(
        run_program("evaluate --threads 1 --seeds 4 --json --controls none --shuffle --learner mlp " + at(run).string())
            .output);
  };
  const Json single = evaluated("single"), several = evaluated("several");
  for (const char* order : {"shuffled_batches", "all_shuffled"}) {
    // One batch has one order, and the learners are those of the evaluation.
    EXPECT_EQ(single.at("order").at(order).at("finals"), single.at("synthetic").at("finals"));
    EXPECT_NE(several.at("order").at(order).at("finals"), several.at("synthetic").at("finals"));
  }
}

TEST_F(Program, evaluates_every_preset_as_a_matrix) {
  ASSERT_EQ(train("run", "--set teacher.steps=1 --set teacher.batch=3").code, 0);
  const CommandResult outcome =
      run_program("evaluate --threads 1 --seeds 1 --learner mlp --matrix --json --controls none " + at("run").string());
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  const Json matrix = Json::parse(outcome.output).at("matrix");
  // Presets that want larger images are rows too.
  EXPECT_EQ(matrix.size(), 11u);
  EXPECT_EQ(matrix[0].at("learner"), "mlp");
  EXPECT_TRUE(matrix[0].contains("gain"));
  const auto lenet = std::ranges::find_if(matrix, [](const Json& row) { return row["learner"] == "lenet"; });
  EXPECT_TRUE(lenet->contains("fault"));
  EXPECT_TRUE(fs::exists(at("run") / "matrix.json"));
}

TEST_F(Program, forecasts_its_memory_and_refuses_what_the_machine_has_not) {
  const CommandResult whole = train("whole", "--memory 1000"), none = train("none", "--memory 0");
  EXPECT_THAT(whole.output, AllOf(HasSubstr("memory: about "), HasSubstr("for 4 of 4 steps"),
                                  Not(HasSubstr("; "
                                                "more"))));
  EXPECT_THAT(none.output, AllOf(HasSubstr("for 0 of 4 steps"), HasSubstr("; more than --memory 0")));
  EXPECT_EQ(read_file(at("whole") / "teacher.safetensors"), read_file(at("none") / "teacher.safetensors"))
      << "memory buys time alone";
  const CommandResult vast = train("vast", "--set teacher.batch=900000000");
  EXPECT_EQ(vast.code, 1) << vast.output;
  EXPECT_THAT(vast.output, AllOf(HasSubstr("memory: this run needs about"),
                                 HasSubstr("lower teacher.batch (900000000)"), HasSubstr("insist with --memory")));
  EXPECT_FALSE(fs::exists(at("vast")));
}

TEST_F(Program, same_seed_same_artefact_and_another_seed_another) {
  ASSERT_EQ(train("a").code, 0);
  ASSERT_EQ(train("b").code, 0);
  ASSERT_EQ(train("c", "--seed 2").code, 0);
  const auto bytes = [&](const char* run) { return read_file(at(run) / "teacher.safetensors"); };
  EXPECT_EQ(bytes("a"), bytes("b"));
  EXPECT_NE(bytes("a"), bytes("c"));
}

TEST_F(Program, another_learner_looks_at_the_validation_split) {
  const auto validated = [&](const std::string& run, const std::string& more) {
    const CommandResult outcome = train(run, "--set validation.every=12 --set validation.learners=1 " + more);
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return read_metrics(at(run) / "metrics.jsonl").back().value("validation_accuracy", -1.0);
  };
  const double own = validated("own", ""), other = validated("other", "--set validation.learner=base_fc_gap");
  EXPECT_GT(own, 0);
  EXPECT_GT(other, 0);
  EXPECT_NE(own, other);
  EXPECT_THAT(train("none", "--set validation.learner=lenett").output, HasSubstr("did you mean 'lenet'?"));
  EXPECT_FALSE(fs::exists(at("none")));
}

TEST_F(Program, several_learners_a_meta_iteration_are_named_in_its_record) {
  ASSERT_EQ(train("one", "--set outer.iterations=1").code, 0);
  ASSERT_EQ(train("two", "--set outer.iterations=1 --set outer.learners=2 --set validation.learners=2").code, 0);
  const Json one = Json::parse(read_file(at("one") / "metrics.jsonl"));
  const Json two = Json::parse(read_file(at("two") / "metrics.jsonl"));
  EXPECT_FALSE(one.contains("left_out"));
  EXPECT_EQ(two.at("left_out"), 0);
  ASSERT_EQ(two.at("losses").size(), 2u);
  EXPECT_EQ(two.at("losses")[0], one.at("loss"));
  EXPECT_NEAR((two.at("losses")[0].get<double>() + two.at("losses")[1].get<double>()) / 2, two.at("loss").get<double>(),
              1e-9);
  EXPECT_TRUE(two.at("learner").get<std::string>().starts_with(one.at("learner").get<std::string>() + "; "));
  EXPECT_GT(two.at("validation_accuracy"), 0);
}

TEST_F(Program, killed_or_interrupted_training_resumes_to_the_same_bits) {
  const std::string longer = "--set outer.iterations=60 --set validation.every=4 --set validation.learners=1";
  ASSERT_EQ(train("whole", longer).code, 0);
  const std::string whole = read_file(at("whole") / "teacher.safetensors");
  for (const int signal : {SIGINT, SIGHUP, SIGKILL}) {
    const std::string name = "signal" + std::to_string(signal);
    const int status = start_and_signal(train_command(name) + longer, at(name) / "metrics.jsonl", 9, signal);
    if (signal != SIGKILL) {
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130);
      EXPECT_TRUE(fs::exists(at(name) / "checkpoint.safetensors"));
    } else {
      EXPECT_TRUE(WIFSIGNALED(status));
    }
    EXPECT_FALSE(fs::exists(at(name) / "DONE"));
    const CommandResult resumed = run_program("train --threads 1 --resume " + at(name).string());
    ASSERT_EQ(resumed.code, 0) << resumed.output;
    EXPECT_EQ(read_file(at(name) / "teacher.safetensors"), whole) << name;
    for (const char* file : {"metrics.jsonl", "log.txt"})
      EXPECT_EQ(read_file(at(name) / file), read_file(at("whole") / file)) << name;
    EXPECT_EQ(read_sittings(at(name) / "sittings.json").size(), 2u) << name;
  }
}

TEST_F(Program, resume_with_another_configuration_is_refused) {
  start_and_signal(train_command("run") + "--set outer.iterations=100000", at("run") / "metrics.jsonl", 3, SIGINT);
  std::string config = read_file(at("run") / "config.toml");
  ASSERT_NE(config.find("batch = 9"), std::string::npos);
  config.replace(config.find("batch = 9"), 9, "batch = 6");
  write_file_atomic(at("run") / "config.toml", config);
  const CommandResult outcome = run_program("train --resume " + at("run").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("checkpoint.safetensors"), HasSubstr("another configuration")));
}

TEST_F(Program, faults_of_the_request_exit_with_2_and_say_what_to_do) {
  write_file_atomic(at("wrong.toml"), "[teacher]\nstep = 4\nbatch = \"many\"\n[outer]\nlr = -1.0\n");
  const std::string out = "train --out " + at("x").string() + " --config ", tiny = out + at("tiny.toml").string();
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"train --out " + at("x").string(), {"train: needs data, as in gtn train photos/"}},
      {"train --config " + at("tiny.toml").string(), {"--out", "is needed"}},
      {out + at("wrong.toml").string(), {"3 faults", "did you mean 'teacher.steps'", "teacher.batch", "outer.lr"}},
      {tiny + " --set teacher.stepz=4", {"did you mean 'teacher.steps'"}},
      {tiny + " --set 'population.norms=[\"group\"]'", {"'group'", "none|mean|batch|instance"}},
      {tiny + " --set 'population.fixed=[\"conv(4) relo\"]'", {"'relo' is not a layer"}},
      {tiny + " --device tpu", {"unknown device 'tpu'"}},
      {tiny + " --set 'population.fixed=[\"conv(4) relo\", \"gap linear(classes)\", \"conv(4\", \"mlp\"]'",
       {"learners: 2 faults", "learner \"conv(4) relo\" on images", "'relo' is not a layer",
        "learner \"conv(4\" on images [1, 8, 8]: column 7: "}},
      {"preflight --instant " + at("").string() + " --set 'population.fixed=[\"conv(4) relo gapp\", \"mlp\"]'",
       {"2 faults", "'relo' is not a layer", "'gapp' is not a layer, did you mean 'gap'?"}},
      {"train --resume " + at("nowhere").string(), {"nowhere"}},
      {"inspect " + at("absent.safetensors").string(), {"absent.safetensors: is not there; give a run's folder"}},
      {"train --resume x --set teacher.steps=3", {"leave out"}},
      {"export x --format gif", {"gif"}},
  };
  for (const auto& [arguments, parts] : cases) {
    const CommandResult outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments << "\n" << outcome.output;
    for (const std::string& part : parts) EXPECT_THAT(outcome.output, HasSubstr(part)) << arguments;
  }
  EXPECT_FALSE(fs::exists(at("x"))) << "a refused request leaves nothing behind";
}

TEST_F(Program, faults_of_the_world_exit_with_1_and_lose_nothing) {
  ASSERT_EQ(train("run").code, 0);
  const std::string artefact = read_file(at("run") / "teacher.safetensors");
  write_file_atomic(at("cut.safetensors"), artefact.substr(0, artefact.size() / 2));
  write_file_atomic(at("lies.safetensors"), std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8) + artefact.substr(8));
  Archive archive = read_archive(at("run") / "teacher.safetensors");
  archive.metadata["format_version"] = "99";
  write_archive(at("later.safetensors"), archive);
  const std::pair<std::string, std::string> cases[] = {
      {"evaluate " + at("cut.safetensors").string(), "cut.safetensors"},
      {"evaluate " + at("lies.safetensors").string(), "lies.safetensors"},
      {"inspect " + at("later.safetensors").string(), "99"},
      {"export " + at("run").string() + " --out /proc/gtn/x.npz", "/proc/gtn/x.npz"},
      {"train --config " + at("tiny.toml").string() + " --out /proc/gtn/run", "/proc/gtn/run"},
  };
  for (const auto& [arguments, part] : cases) {
    const CommandResult outcome = run_program(arguments);
    EXPECT_EQ(outcome.code, 1) << arguments << "\n" << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(part)) << arguments;
  }
  // A learner's file that is not there, and a learner that does not fit the image.
  const CommandResult missing =
      run_program("evaluate --learner " + at("net.txt").string() + " --seeds 1 " + at("run").string());
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.output, HasSubstr(at("net.txt").string()));
  EXPECT_EQ(
      run_program("evaluate --learner 'conv(4, k=9, p=0) flatten linear(classes)' --seeds 1 " + at("run").string())
          .code,
      2);
  const CommandResult misspelt =
      run_program("evaluate --learner lenett --learner 'relo gap' --seeds 1 " + at("run").string());
  EXPECT_EQ(misspelt.code, 2);
  EXPECT_THAT(misspelt.output, HasSubstr("'relo'")) << "all of them at once";
  EXPECT_THAT(misspelt.output, HasSubstr("'lenett' is neither a preset nor a layer, did you mean 'lenet'?"));
  // A data set that is not the taught one.
  std::string labels = read_file(at("train-labels-idx1-ubyte"));
  for (size_t i = 8; i < labels.size(); ++i) labels[i] = static_cast<char>((labels[i] + 1) % 3);
  write_file_atomic(at("train-labels-idx1-ubyte"), labels);
  const CommandResult outcome = run_program("evaluate --seeds 1 " + at("run").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("is not the data set that this teacher was learned on"));
}

}  // namespace
}  // namespace gtn
