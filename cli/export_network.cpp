#include "cli/export_network.h"

#include <algorithm>
#include <cctype>

#include "cli/evaluate_learners.h"
#include "cli/network_file.h"
#include "cli/opened_teacher.h"
#include "cli/search_report.h"
#include "gtn/core/config.h"
#include "gtn/core/config_writer.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/quote.h"
#include "gtn/exchange/portable_generator.h"
#include "gtn/exchange/portable_network.h"
#include "gtn/report/npz.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;
using Arrays = std::map<std::string, Tensor>;

RunConfig config_of(const Artefact& artefact, const std::string& path) {
  RunConfig config;
  read_toml(config, artefact.config, path + " (its configuration)");
  return config;
}

std::optional<NetworkFile> stored_network(const NetworkExport& request) {
  fs::path path = request.path;
  if (fs::is_directory(path)) {
    path /= kWinnerFile;
    if (!request.learner.empty() || !fs::exists(path)) return std::nullopt;
  }
  std::optional<NetworkFile> network = find_network(path);
  if (network && !request.learner.empty())
    throw usage_error("--learner",
                      "is taught by a teacher, but " + request.path + " is a trained network; leave it out");
  return network;
}

NetworkFile taught_network(const NetworkExport& request, const Artefact& artefact) {
  const RunConfig config = config_of(artefact, request.path);
  const Key key = Key(static_cast<uint64_t>(request.seed)).split("evaluate");
  const Candidate candidate =
      candidates_of({request.learner}, false, 1, config.meta.population, artefact, key.split("learners")).front();
  const auto net = std::dynamic_pointer_cast<const Net>(candidate.learners.front());
  if (!net) throw failure(request.learner, "is not made of layers, of which alone another program's file can be made");
  const TaughtSource taught(artefact, config.augment, key.split("augment"), at::kCPU);
  const Lesson lesson = lesson_of(artefact, taught, request.path);
  const double learned = lesson.multiplier ? lesson.multiplier(net->text()) : 1;
  const Schedule schedule = scaled(lesson.schedule, request.multiplier.value_or(learned));
  const LearnerState start = LearnerState::start(net->initial(key.split("test").split(0).split("initial")));
  const Tensor w = train(*net, start, taught, schedule, 0, steps_of(schedule)).w;
  if (!at::isfinite(w).all().item<bool>())
    throw failure(request.path, quoted(request.learner) +
                                    " diverges on this curriculum; lower --multiplier, which was " +
                                    number_text(request.multiplier.value_or(learned)));
  return {.net = net,
          .trained = {w, net->calibrate(w, {taught.batch(steps_of(schedule) - 1).x})},
          .normalization = artefact.normalization,
          .class_names = artefact.class_names,
          .dataset = artefact.dataset,
          .dataset_fingerprint = artefact.dataset_fingerprint};
}

Arrays probe_of(const NetworkFile& network, int64_t seed) {
  constexpr int64_t kProbes = 16;
  Shape shape = network.net->input();
  shape.insert(shape.begin(), kProbes);
  const Key key = Key(static_cast<uint64_t>(seed)).split("probe");
  const auto logits = [&](const Tensor& x) {
    return network.net->logits(network.trained.w, x, network.trained.statistics);
  };
  if (is_table(shape)) {
    const Tensor x = key.normal(shape);
    return {{"rows", network.normalization.invert(x).flatten(1)}, {"logits", logits(x)}};
  }
  const Tensor pixels = key.uniform(shape, 0, 256).floor().to(at::kFloat);
  return {{"pixels", pixels}, {"logits", logits(network.normalization.apply(pixels))}};
}

Files write_network(const NetworkExport& request, const NetworkFile& file) {
  const PortableNetwork network{.learner = file.net->text(),
                                .input = file.net->input(),
                                .operations = operations_of(*file.net, file.trained.w, file.trained.statistics),
                                .normalization = file.normalization,
                                .class_names = file.class_names,
                                .dataset = file.dataset,
                                .dataset_fingerprint = file.dataset_fingerprint};
  const bool is_onnx = request.format == "onnx";
  const fs::path out = request.out.empty() ? fs::path(is_onnx ? "network.onnx" : "network.py") : fs::path(request.out);
  if (is_onnx) {
    write_file_atomic(out, encode_onnx(network));
    return {out};
  }
  const fs::path weights = fs::path(out).replace_extension(".npz");
  write_npz(weights, pytorch_arrays(network));
  write_file_atomic(out, pytorch_code(network, weights.filename().string()));
  return {out, weights};
}

// The learned inputs of every batch, [N, B, noise]: of a Gaussian curriculum their means, and drawn where none is kept.
Tensor latents_of(const Artefact& artefact, const TeacherConfig& config) {
  const Shape shape{artefact.batches(), artefact.images.size(1), config.generator.noise};
  for (const char* name : {"curriculum.z", "curriculum.mean"}) {
    const auto found = artefact.teacher.find(name);
    if (found != artefact.teacher.end() && found->second.sizes() == at::IntArrayRef(shape) &&
        found->second.scalar_type() == at::kFloat)
      return found->second;
  }
  return Key(0).split("probe").normal(shape);
}

Arrays probe_of(const PortableGenerator& generator, const Tensor& z) {
  const Tensor places = at::arange(z.size(1), at::kLong) % generator.classes;
  const Tensor labels = at::one_hot(places, generator.classes).to(at::kFloat);
  const Generator network(generator.config, generator.image, generator.classes);
  Tensors params, images;
  for (const NamedTensor& param : generator.params) params.push_back(param.tensor);
  for (const Tensor& batch : z.unbind()) images.push_back(network.forward(params, batch, labels));
  return {{"z", z}, {"labels", labels}, {"images", at::stack(images)}};
}

Files write_generator(const NetworkExport& request, const Artefact& artefact) {
  const TeacherConfig config = config_of(artefact, request.path).meta.teacher;
  if (config.images != Images::generator)
    throw failure(request.path,
                  "has no generator: its images are not generated; --format folder or npz writes them, and --learner a "
                  "network that they teach");
  const Shape image = artefact.images.sizes().slice(2).vec();
  const int64_t classes = artefact.labels.size(2);
  const PortableGenerator generator{
      .config = config.generator,
      .image = image,
      .classes = classes,
      .params = generator_params(config.generator, image, classes, artefact.teacher, request.path),
      .normalization = artefact.normalization,
      .class_names = artefact.class_names,
      .dataset = artefact.dataset,
      .dataset_fingerprint = artefact.dataset_fingerprint};
  const fs::path out = request.out.empty() ? fs::path("generator.onnx") : fs::path(request.out);
  write_file_atomic(out, encode_onnx(generator));
  if (request.probe.empty()) return {out};
  write_npz(request.probe, probe_of(generator, latents_of(artefact, config)));
  return {out, request.probe};
}

// Whether Python can import the file of this name, or none is given.
bool is_module_name(const fs::path& file) {
  const std::string name = file.stem().string();
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '_' || c >= 0x80; };
  return std::ranges::all_of(name, fits) && (name.empty() || !std::isdigit(static_cast<unsigned char>(name.front())));
}

}  // namespace

Files export_network(const NetworkExport& request) {
  const NoGrad no_grad;
  if (request.format == "pytorch" && !request.out.empty() && fs::path(request.out).extension() != ".py")
    throw usage_error("--out", request.out + " is no Python file; name it NAME.py");
  if (request.format == "pytorch" && !is_module_name(request.out))
    throw usage_error("--out", request.out + " is nothing that Python can import; take letters, digits and _ alone");
  std::optional<NetworkFile> network = stored_network(request);
  if (!network) {
    const Artefact artefact = find_artefact(request.path).artefact;
    if (request.learner.empty() && request.format == "onnx") return write_generator(request, artefact);
    if (request.learner.empty())
      throw usage_error("--format " + request.format,
                        "needs a network: --learner and the text of one for this teacher to teach, or the file of a "
                        "trained one, such as a search's winner.safetensors");
    network = taught_network(request, artefact);
  }
  Files files = write_network(request, *network);
  if (!request.probe.empty()) {
    write_npz(request.probe, probe_of(*network, request.seed));
    files.emplace_back(request.probe);
  }
  return files;
}

}  // namespace gtn
