#include "cli/network_file.h"

#include "gtn/core/archive.h"
#include "gtn/core/error.h"
#include "gtn/core/json.h"
#include "gtn/nets/spec.h"

namespace gtn {
namespace {

const std::string& text_of(const Archive& archive, const std::string& name, const std::string& where) {
  const auto found = archive.metadata.find(name);
  if (found == archive.metadata.end()) throw failure(where, "has no '" + name + "'; it is no network of this program");
  return found->second;
}

const Tensor& tensor_of(const Archive& archive, const std::string& name, const std::string& where) {
  const auto found = archive.tensors.find(name);
  if (found == archive.tensors.end()) throw failure(where, "lacks the tensor '" + name + "'");
  return found->second;
}

}  // namespace

void save_network(const std::filesystem::path& path, const Net& net, const TrainedNet& trained, const Splits& splits) {
  Archive archive;
  const Tensors params = net.unpack(trained.w.cpu());
  for (size_t i = 0; i < params.size(); ++i) archive.tensors["param." + net.params()[i].name] = params[i];
  for (size_t i = 0; i < trained.statistics.size(); ++i)
    archive.tensors["statistics." + std::to_string(i)] = trained.statistics[i].cpu();
  const Normalization& normalization = splits.normalization;
  archive.tensors["mean"] = normalization.mean;
  archive.tensors["std"] = normalization.std;
  if (normalization.whitening.defined()) {
    archive.tensors["whitening"] = normalization.whitening.matrix;
    archive.tensors["whitening_mean"] = normalization.whitening.mean;
  }
  archive.metadata = {{"learner", net.text()},
                      {"input", Json(net.input()).dump()},
                      {"classes", Json(splits.train.class_names).dump()},
                      {"dataset", splits.train.name},
                      {"dataset_fingerprint", splits.train.fingerprint},
                      {"program", GTN_VERSION}};
  write_archive(path, archive);
}

NetworkFile load_network(const std::filesystem::path& path) {
  const Archive archive = read_archive(path);
  const std::string where = path.string();
  const Json input = Json::parse(text_of(archive, "input", where), nullptr, false);
  const Json classes = Json::parse(text_of(archive, "classes", where), nullptr, false);
  if (!input.is_array() || input.size() != 3 || !classes.is_array() ||
      !std::ranges::all_of(input, [](const Json& n) { return n.is_number_unsigned() && n <= 1 << 16; }))
    throw failure(where, "says nothing sensible of its images and classes");
  NetworkFile file{make_net(text_of(archive, "learner", where), input.get<Shape>(), std::ssize(classes)), {}};
  file.trained.w = at::empty({file.net->parameter_count()});
  const Tensors params = file.net->unpack(file.trained.w);  // views of w
  for (size_t i = 0; i < params.size(); ++i) {
    const std::string& name = file.net->params()[i].name;
    const Tensor& stored = tensor_of(archive, "param." + name, where);
    if (stored.sizes() != params[i].sizes() || stored.scalar_type() != at::kFloat)
      throw failure(where, "'param." + name + "' has another shape or type than its learner says");
    params[i].copy_(stored);
  }
  for (int i = 0; archive.tensors.contains("statistics." + std::to_string(i)); ++i)
    file.trained.statistics.push_back(archive.tensors.at("statistics." + std::to_string(i)));
  return file;
}

}  // namespace gtn
