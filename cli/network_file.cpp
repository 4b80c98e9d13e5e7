#include "cli/network_file.h"

#include "gtn/core/error.h"
#include "gtn/core/json.h"
#include "gtn/core/version.h"
#include "gtn/exchange/operations.h"
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

const Tensor& numbers_of(const Archive& archive, const std::string& name, const Shape& shape,
                         const std::string& where) {
  const Tensor& stored = tensor_of(archive, name, where);
  if (stored.sizes() != at::IntArrayRef(shape) || stored.scalar_type() != at::kFloat)
    throw failure(where, "'" + name + "' has another shape or type than its learner says");
  return stored;
}

Normalization normalization_of(const Archive& archive, const Shape& input, const std::string& where) {
  Normalization result{numbers_of(archive, "mean", {input[0]}, where), numbers_of(archive, "std", {input[0]}, where)};
  if (!archive.tensors.contains("whitening")) return result;
  const int64_t values = input[0] * input[1] * input[2];
  result.whitening = {numbers_of(archive, "whitening_mean", {values}, where),
                      numbers_of(archive, "whitening", {values, values}, where)};
  return result;
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

NetworkFile to_network(const Archive& archive, const std::string& where) {
  const Json input = parse_json(text_of(archive, "input", where));
  const Json classes = parse_json(text_of(archive, "classes", where));
  if (!input.is_array() || input.size() != 3 || !classes.is_array() ||
      !std::ranges::all_of(input, [](const Json& n) { return n.is_number_unsigned() && n > 0 && n <= 1 << 16; }) ||
      !std::ranges::all_of(classes, [](const Json& name) { return name.is_string(); }))
    throw failure(where, "says nothing sensible of its images and classes");
  const auto image = input.get<Shape>();
  NetworkFile file{.net = make_net(text_of(archive, "learner", where), image, std::ssize(classes)),
                   .trained = {},
                   .normalization = normalization_of(archive, image, where),
                   .class_names = classes.get<std::vector<std::string>>(),
                   .dataset = text_of(archive, "dataset", where),
                   .dataset_fingerprint = text_of(archive, "dataset_fingerprint", where)};
  Tensors params;
  for (const ParamSpec& spec : file.net->params())
    params.push_back(numbers_of(archive, "param." + spec.name, spec.shape, where));
  file.trained.w = file.net->pack(params);
  for (const Shape& shape : statistics_shapes(*file.net))
    file.trained.statistics.push_back(
        numbers_of(archive, "statistics." + std::to_string(file.trained.statistics.size()), shape, where));
  return file;
}

NetworkFile load_network(const std::filesystem::path& path) { return to_network(read_archive(path), path.string()); }

std::optional<NetworkFile> find_network(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const Archive archive = read_archive(path);
  if (!archive.metadata.contains("learner") || archive.metadata.contains("format")) return std::nullopt;
  return to_network(archive, path.string());
}

}  // namespace gtn
