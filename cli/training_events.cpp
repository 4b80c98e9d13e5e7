#include "cli/training_events.h"

#include "gtn/report/png.h"
#include "gtn/report/sheet.h"

namespace gtn {
namespace {

constexpr int64_t kSheets = 16;  // about so many in a run
constexpr int64_t kSheetSteps = 16;

}  // namespace

TrainingEvents::TrainingEvents(const std::filesystem::path& folder, std::optional<int64_t> resumed_at) : file_(folder) {
  if (resumed_at) file_.add_restart(*resumed_at);
}

void TrainingEvents::add(const MetaStep& step) {
  file_.add_scalars(step.iteration,
                    {{"loss", step.loss}, {"gradient_norm", step.gradient_norm}, {"outer_lr", step.lr}});
}

void TrainingEvents::add_validation(int64_t iteration, double percent, const Schedule& schedule) {
  double sum = 0;
  for (const StepSize& size : schedule.sizes) sum += size.lr;
  file_.add_scalars(iteration, {{"validation/accuracy", percent},
                                {"step_size/mean", sum / static_cast<double>(schedule.sizes.size())}});
}

void TrainingEvents::add_curriculum(int64_t iteration, const Artefact& artefact) {
  const Tensor sheet = draw_sheet(pixels_of(artefact), artefact.labels, artefact.class_names, {.columns = kSheetSteps});
  file_.add_image(iteration, {.tag = "curriculum",
                              .height = sheet.size(0),
                              .width = sheet.size(1),
                              .channels = sheet.dim() == 2 ? 1 : 3,
                              .png = encode_png(sheet)});
}

bool shows_curriculum(int64_t done, int64_t every, int64_t planned) {
  const auto part_at = [&](int64_t iterations) { return iterations * kSheets / planned; };
  return done <= every || done == planned || part_at(done) > part_at(done - every);
}

}  // namespace gtn
