// .npz archives as data sets: which array is what, and of which shape and range.
#include <algorithm>
#include <array>
#include <set>

#include "gtn/core/file.h"
#include "gtn/core/quote.h"
#include "gtn/data/npz_reader.h"
#include "gtn/data/own_parts.h"

namespace gtn {
namespace {

constexpr std::array<const char*, 5> kImageWords = {"images", "x", "X", "data", "features"};
constexpr std::array<const char*, 5> kLabelWords = {"labels", "y", "Y", "label", "targets"};
constexpr const char* kNames = "class_names";
// Beyond bytes, which are kept as they are: a number takes 4 bytes, and more on the way.
constexpr int64_t kMostTableNumbers = int64_t{1} << 28, kMostImageNumbers = int64_t{1} << 30;
constexpr double kLargestLabel = 1e15;  // of those in floats, which tell whole numbers apart
// The words for each part, as in "x_train", "train_images" or "images".
const std::array<std::vector<std::string>, 3> kPartWords = {{{"train", ""}, {"validation", "val", "valid"}, {"test"}}};

using Arrays = std::map<std::string, NumpyArray>;

// The name of the array that holds `words` of one part; empty where there is none, a fault where there are several.
std::string find_array(const Arrays& arrays, const auto& words, const std::vector<std::string>& part, Faults& faults) {
  std::vector<std::string> found;
  for (const std::string& of_part : part) {
    for (const char* text : words) {
      const std::string word = text;
      std::set<std::string> names = {word + "_" + of_part, of_part + "_" + word};
      if (of_part.empty()) names = {word};
      for (const std::string& name : names)
        if (arrays.contains(name)) found.push_back(name);
    }
  }
  if (found.size() > 1)
    faults.add("both " + gtn::quoted(found[0]) + " and " + gtn::quoted(found[1]) + " are there; keep one of them");
  return found.empty() ? "" : found.front();
}

void add_too_many(const Tensor& values, const std::string& name, int64_t most, Faults& faults) {
  faults.add(name + " is " + to_string(shape_of(values)) + ", more than the " + std::to_string(most) +
             " numbers that are read; give fewer examples" + (values.dim() > 2 ? ", or images of uint8" : ""));
}

// Values of a table, in the units of Dataset.
Tensor table_images(const Tensor& values, const std::string& name, Faults& faults) {
  if (values.size(1) > kMostTableColumns) {
    faults.add(name + " has " + std::to_string(values.size(1)) + " columns, more than the " +
               std::to_string(kMostTableColumns) + " that are read; choose fewer");
    return {};
  }
  if (values.numel() > kMostTableNumbers) return add_too_many(values, name, kMostTableNumbers, faults), Tensor();
  const Tensor images = values.to(at::kDouble).mul(255).to(at::kFloat).view({values.size(0), values.size(1), 1, 1});
  const auto wrong = at::isfinite(images).logical_not().sum().item<int64_t>();
  if (wrong > 0)
    faults.add(name + " holds " + std::to_string(wrong) + " values that are no finite numbers; fill in or remove them");
  return images;
}

// [N, H, W], [N, H, W, C] or [N, C, H, W] -> [N, C, H, W].
Tensor channels_first(const Tensor& images, const std::string& name, Faults& faults) {
  const auto is_colour = [](int64_t size) { return size == 1 || size == 3; };
  if (images.dim() == 3) return images.unsqueeze(1);
  if (images.dim() == 4 && is_colour(images.size(3)) && !is_colour(images.size(1))) return images.permute({0, 3, 1, 2});
  if (images.dim() == 4 && is_colour(images.size(1)) && !is_colour(images.size(3))) return images;
  faults.add(name + " is " + to_string(shape_of(images)) +
             ", but images are [N, H, W], [N, H, W, C] or [N, C, H, W] of 1 or 3 channels C, and tables [N, columns]");
  return {};
}

// Of images: bytes as they are; floats of up to 1, or integers and floats of up to 255.
Tensor image_pixels(const Tensor& images, const std::string& name, Faults& faults) {
  if (images.scalar_type() == at::kByte) return images.contiguous();
  if (images.numel() > kMostImageNumbers) return add_too_many(images, name, kMostImageNumbers, faults), Tensor();
  const Tensor values = images.to(at::kFloat);
  const auto wrong = at::isfinite(values).logical_not().sum().item<int64_t>();
  const double low = wrong > 0 ? 0 : scalar(values.min()), high = wrong > 0 ? 0 : scalar(values.max());
  if (wrong > 0)
    faults.add(name + " holds " + std::to_string(wrong) + " values that are no finite numbers; mend them");
  else if (low < 0 || high > 255)
    faults.add(name + " holds values from " + std::to_string(low) + " to " + std::to_string(high) +
               ", but pixels lie in [0, 1] or [0, 255]; give them before they are normalised");
  const bool floating = images.is_floating_point();
  const Tensor white = floating && high <= 1 ? values * 255 : values;
  const Tensor bytes = white.round();
  return (at::equal(bytes, white) ? bytes.to(at::kByte) : white).contiguous();
}

Tensor read_images(const NumpyArray& array, const std::string& name, Faults& faults) {
  const Tensor& numbers = array.numbers;
  if (!numbers.defined() || numbers.dim() < 2 || numbers.numel() == 0 || numbers.scalar_type() == at::kBool) {
    faults.add(name + " holds no images (" + (numbers.defined() ? to_string(shape_of(numbers)) : std::string("texts")) +
               "); uint8 or floats of [N, H, W], [N, H, W, C], [N, C, H, W], or a table [N, columns] are needed");
    return {};
  }
  if (numbers.dim() == 2) return table_images(numbers, name, faults);
  const Tensor ordered = channels_first(numbers, name, faults);
  return ordered.defined() ? image_pixels(ordered, name, faults) : ordered;
}

// Labels as texts: whole numbers, or the texts themselves.
std::vector<std::string> read_labels(const NumpyArray& array, const std::string& name, Faults& faults) {
  if (!array.numbers.defined()) return array.texts;
  Tensor numbers = array.numbers;
  if (numbers.dim() == 2 && numbers.size(1) == 1) numbers = numbers.squeeze(1);
  const bool whole = !numbers.is_floating_point() ||
                     (at::equal(numbers, numbers.floor()) && numbers.abs().le(kLargestLabel).all().item<bool>());
  if (numbers.dim() != 1 || numbers.numel() == 0 || numbers.numel() > kMostExamples || !whole) {
    faults.add(name + " is " + to_string(shape_of(numbers)) + (whole ? "" : " with fractions or too large numbers") +
               ", but labels are a list of whole numbers or texts, one an image and at most " +
               std::to_string(kMostExamples));
    return {};
  }
  const Tensor labels = numbers.to(at::kLong).contiguous();
  std::vector<std::string> texts;
  for (int64_t i = 0; i < labels.numel(); ++i) texts.push_back(std::to_string(labels.data_ptr<int64_t>()[i]));
  return texts;
}

}  // namespace

OwnParts read_arrays(const std::filesystem::path& file, Faults& faults) {
  Arrays arrays;
  try {
    arrays = decode_npz(read_file(file), file.filename().string(), faults);
  } catch (const Error& error) {
    faults.add(error.what());
    return {};
  }
  OwnParts parts;
  std::set<std::string> used = {kNames};
  std::array<OwnPart*, 3> filled = {&parts.train, &parts.validation, &parts.test};
  std::array<std::vector<std::string>, 3> labels;
  for (size_t i = 0; i < filled.size(); ++i) {
    const std::string images = find_array(arrays, kImageWords, kPartWords.at(i), faults);
    const std::string of_images = find_array(arrays, kLabelWords, kPartWords.at(i), faults);
    used.insert({images, of_images});
    if (images.empty() != of_images.empty())
      faults.add("there is " + gtn::quoted(images + of_images) + " but no array of its " +
                 (images.empty() ? "images" : "labels") + "; name it so that they match");
    if (images.empty() || of_images.empty()) continue;
    filled.at(i)->images = read_images(arrays.at(images), gtn::quoted(images), faults);
    labels.at(i) = read_labels(arrays.at(of_images), gtn::quoted(of_images), faults);
    const auto count = static_cast<int64_t>(labels.at(i).size());
    if (filled.at(i)->images.defined() && count > 0 && filled.at(i)->images.size(0) != count)
      faults.add("there are " + std::to_string(filled.at(i)->images.size(0)) + " images in " + gtn::quoted(images) +
                 " but " + std::to_string(count) + " labels in " + gtn::quoted(of_images));
  }
  for (const auto& [name, array] : arrays)
    if (!used.contains(name)) parts.remarks.push_back("the array " + gtn::quoted(name) + " is not used");
  if (!parts.train.given() && faults.empty())
    faults.add(std::string("holds no arrays \"images\" and \"labels\" (or x_train and y_train, train_images and ...)"));
  const auto names = arrays.find(kNames);
  if (names != arrays.end() && names->second.texts.empty())
    faults.add(gtn::quoted(kNames) + " holds no texts; give the names of the classes as a list of texts");
  if (!faults.empty()) return {};
  number_labels(parts, labels, names == arrays.end() ? std::vector<std::string>{} : names->second.texts, faults);
  return parts;
}

}  // namespace gtn
