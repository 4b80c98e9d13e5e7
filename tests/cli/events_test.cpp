// The event files that gtn train writes beside metrics.jsonl.
#include <gmock/gmock.h>

#include "cli/training_events.h"
#include "gtn/core/json.h"
#include "gtn/data/picture.h"
#include "gtn/runs/metrics.h"
#include "tests/cli/program.h"
#include "tests/runs/event_reader.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

class TrainingEventFiles : public testing::Test {
 protected:
  void SetUp() override { write_tiny_dataset(folder_.path()); }

  std::string command(int64_t iterations) const {
    return "train --threads 1 --set dataset=" + folder_.path().string() +
           " --set real_batch=30 --set teacher.steps=20" +
           " --set teacher.batch=6 --set teacher.generator.hidden=8 --set teacher.generator.wide=2" +
           " --set teacher.generator.narrow=2 --set 'population.fixed=[\"flatten linear(classes)\"]'" +
           " --set validation.every=3 --set validation.learners=1 --set outer.iterations=" +
           std::to_string(iterations) + " --out " + run_.string();
  }

  // What TensorBoard shows: files in order; a START drops what earlier ones say of its step and later ones.
  std::map<int64_t, ReadEvent> shown() const {
    std::map<int64_t, ReadEvent> steps;
    for (const fs::path& path : event_files(run_ / "tensorboard"))
      for (const ReadEvent& event : read_events(path)) {
        if (event.status == 1) steps.erase(steps.lower_bound(event.step), steps.end());
        steps[event.step].scalars.insert(event.scalars.begin(), event.scalars.end());
        steps[event.step].images.insert(event.images.begin(), event.images.end());
      }
    return steps;
  }

  void expect_scalars_of_metrics(const std::map<int64_t, ReadEvent>& steps) const {
    const std::vector<Json> lines = read_metrics(run_ / "metrics.jsonl");
    ASSERT_EQ(lines.size(), steps.size());
    for (const Json& line : lines) {
      const std::map<std::string, float>& scalars = steps.at(line.at("iteration")).scalars;
      EXPECT_EQ(scalars.at("loss"), line.at("loss").get<float>());
      EXPECT_EQ(scalars.at("gradient_norm"), line.at("gradient_norm").get<float>());
      EXPECT_EQ(scalars.at("outer_lr"), line.at("lr").get<float>());
      EXPECT_EQ(scalars.contains("validation/accuracy"), line.contains("validation_accuracy"));
      EXPECT_EQ(scalars.contains("step_size/mean"), line.contains("validation_accuracy"));
      if (line.contains("validation_accuracy")) {
        EXPECT_EQ(scalars.at("validation/accuracy"), line.at("validation_accuracy").get<float>());
      }
    }
  }

  TemporaryFolder folder_;
  const fs::path run_ = folder_ / "run";
};

TEST_F(TrainingEventFiles, hold_what_the_metrics_say_and_the_curriculum) {
  const CommandResult trained = run_program(command(7));
  ASSERT_EQ(trained.code, 0) << trained.output;
  ASSERT_EQ(event_files(run_ / "tensorboard").size(), 1u);
  const std::map<int64_t, ReadEvent> steps = shown();
  expect_scalars_of_metrics(steps);
  EXPECT_NEAR(steps.at(2).scalars.at("step_size/mean"), 0.02, 0.01);
  const Picture whole = decode_png_picture(read_file(run_ / "curriculum.png"));
  for (const int64_t step : {2, 5, 6}) {
    const ReadImage& image = steps.at(step).images.at("curriculum");
    const Picture picture = decode_png_picture(image.png);
    ASSERT_TRUE(picture.pixels.defined());
    EXPECT_EQ(image.colorspace, 1u);
    EXPECT_EQ(shape_of(picture.pixels),
              (Shape{1, static_cast<int64_t>(image.height), static_cast<int64_t>(image.width)}));
    EXPECT_EQ(picture.pixels.size(1), whole.pixels.size(1));
    EXPECT_EQ(whole.pixels.size(2) - picture.pixels.size(2), 4 * (56 + 4)) << "16 of 20 steps";
  }
  EXPECT_NE(steps.at(2).images.at("curriculum").png, steps.at(6).images.at("curriculum").png);
}

TEST_F(TrainingEventFiles, of_a_resumed_run_begin_where_it_goes_on) {
  start_and_signal(command(100000), run_ / "metrics.jsonl", 5, SIGINT);
  const int64_t done = read_metrics(run_ / "metrics.jsonl").back().at("iteration").get<int64_t>() + 1;
  // As if the process had lived on after its last checkpoint: TensorBoard is to forget it.
  EventFile(run_ / "tensorboard").add_scalars(done + 1, {{"loss", 1e6}});
  start_and_signal("train --threads 1 --resume " + run_.string(), run_ / "metrics.jsonl", static_cast<int>(done) + 5,
                   SIGINT);

  const std::vector<fs::path> files = event_files(run_ / "tensorboard");
  ASSERT_EQ(files.size(), 3u);
  const std::vector<ReadEvent> events = read_events(files[2]);
  EXPECT_EQ(events.at(1).status, 1u);
  EXPECT_EQ(events.at(1).step, done);
  EXPECT_EQ(events.at(2).step, done);
  expect_scalars_of_metrics(shown());
}

TEST_F(TrainingEventFiles, hold_at_most_eighteen_sheets) {
  const auto shown_at = [](int64_t every, int64_t planned) {
    std::vector<int64_t> at;
    for (int64_t done = 1; done <= planned; ++done)
      if ((done % every == 0 || done == planned) && shows_curriculum(done, every, planned)) at.push_back(done);
    return at;
  };
  EXPECT_EQ(shown_at(5, 12), (std::vector<int64_t>{5, 10, 12}));
  EXPECT_EQ(shown_at(100, 10), (std::vector<int64_t>{10}));
  EXPECT_EQ(shown_at(100, 500), (std::vector<int64_t>{100, 200, 300, 400, 500}));
  const std::vector<int64_t> often = shown_at(1, 1600);
  EXPECT_EQ(often.size(), 17u);
  EXPECT_EQ(often[1], 100);
  EXPECT_LE(shown_at(7, 100003).size(), 18u);
}

}  // namespace
}  // namespace gtn
