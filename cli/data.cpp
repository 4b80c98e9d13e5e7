// gtn data inspect: what a data set holds, before anything is learned on it.
#include <cstdio>
#include <limits>

#include "cli/common.h"
#include "cli/data_export.h"
#include "cli/run_data.h"
#include "cli/verbs.h"
#include "gtn/core/json.h"
#include "gtn/core/quote.h"
#include "gtn/data/duplicates.h"
#include "gtn/report/png.h"
#include "gtn/report/sheet.h"
#include "gtn/report/table.h"

namespace gtn {
namespace {

constexpr size_t kPairsShown = 5;
constexpr int64_t kColumnsShown = 12;  // of the contact sheet, and of a table's statistics
constexpr std::array<const char*, 3> kSplitNames = {"train", "validation", "test"};

struct DataFlags {
  MachineFlags machine;
  DataConfig data;
  std::string path, out;
  bool json = false;
};

struct Inspected {
  OpenedDataset opened;
  Duplicates duplicates;
  std::array<std::vector<int64_t>, 3> counts;  // of each class

  const Dataset& part(size_t split) const {
    const Splits& all = opened.splits;
    return split == 0 ? all.train : split == 1 ? all.validation : all.test;
  }
  const std::vector<std::string>& sources(size_t split) const {
    return split == 0 ? opened.train : split == 1 ? opened.validation : opened.test;
  }
  // "train "cats/a.png"", or the number of the example where its origin is not known.
  std::string text_of(const ExamplePlace& place) const {
    const std::vector<std::string>& known = sources(place.split);
    const std::string name =
        known.empty() ? std::to_string(place.index) : quoted(known[static_cast<size_t>(place.index)]);
    return std::string(kSplitNames.at(place.split)) + " " + name;
  }
};

Inspected inspect(const DataFlags& flags) {
  const std::optional<int64_t> usual_validation;
  OpenedDataset opened = open_with_sources(flags.path, flags.machine.data_folders(), usual_validation,
                                           {.data = flags.data, .cache = cache_folder()});
  Duplicates duplicates = find_duplicates(opened.splits, kPairsShown);
  Inspected inspected{std::move(opened), std::move(duplicates), {}};
  for (size_t split = 0; split < kSplitNames.size(); ++split) {
    const Tensor counts = at::bincount(inspected.part(split).labels, {}, inspected.part(split).classes());
    inspected.counts.at(split).assign(counts.data_ptr<int64_t>(), counts.data_ptr<int64_t>() + counts.numel());
  }
  return inspected;
}

std::vector<double> doubles(const Tensor& values) {
  const Tensor wide = values.to(at::kDouble).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

// Of each channel over the training images, in units of 255.
std::pair<std::vector<double>, std::vector<double>> extremes(const Dataset& train) {
  const Tensor columns = train.images.transpose(0, 1).flatten(1);
  return {doubles(std::get<0>(columns.min(1)).to(at::kDouble) / 255),
          doubles(std::get<0>(columns.max(1)).to(at::kDouble) / 255)};
}

int64_t all_of(const std::array<int64_t, 3>& splits) { return splits[0] + splits[1] + splits[2]; }

Json json_of(const Inspected& data) {
  const Splits& splits = data.opened.splits;
  const auto [least, most] = extremes(splits.train);
  const Shape shape = shape_of(splits.train.images);
  Json json{{"dataset", splits.train.name},
            {"fingerprint", splits.train.fingerprint},
            {"image", {shape[1], shape[2], shape[3]}},
            {"table", is_table(shape)},
            {"train", splits.train.size()},
            {"validation", splits.validation.size()},
            {"test", splits.test.size()},
            {"mean", doubles(splits.normalization.mean)},
            {"std", doubles(splits.normalization.std)},
            {"least", least},
            {"most", most},
            {"columns", data.opened.columns},
            {"remarks", data.opened.remarks}};
  for (size_t k = 0; k < splits.train.class_names.size(); ++k) {
    Json row{{"name", splits.train.class_names[k]}};
    for (size_t split = 0; split < kSplitNames.size(); ++split) row[kSplitNames.at(split)] = data.counts.at(split)[k];
    json["classes"].push_back(row);
  }
  Json pairs = Json::array();
  for (const auto& [one, other] : data.duplicates.examples) pairs.push_back({data.text_of(one), data.text_of(other)});
  json["duplicates"] = {{"within", data.duplicates.within},
                        {"between", all_of(data.duplicates.between)},
                        {"contradictory", all_of(data.duplicates.contradictory)},
                        {"examples", pairs}};
  return json;
}

std::string class_table(const Inspected& data) {
  Table table{{"class", "train", "validation", "test"}, {}};
  const std::vector<std::string>& names = data.opened.splits.train.class_names;
  for (size_t k = 0; k < names.size(); ++k)
    table.rows.push_back({names[k], std::to_string(data.counts[0][k]), std::to_string(data.counts[1][k]),
                          std::to_string(data.counts[2][k])});
  table.rows.push_back({"all", std::to_string(data.part(0).size()), std::to_string(data.part(1).size()),
                        std::to_string(data.part(2).size())});
  return format_table(table);
}

std::string channel_table(const Inspected& data) {
  const Splits& splits = data.opened.splits;
  const auto bounds = extremes(splits.train);
  const std::vector<double>&least = bounds.first, &most = bounds.second;
  const auto channels = static_cast<int64_t>(least.size()), shown = std::min(channels, kColumnsShown);
  const bool is_rows = is_table(shape_of(splits.train.images));
  Table table{{is_rows ? "column" : "channel", "least", "mean", "deviation", "most"}, {}};
  std::string constant;
  const auto name_of = [&](int64_t c) {
    return data.opened.columns.empty() ? std::to_string(c + 1) : data.opened.columns[static_cast<size_t>(c)];
  };
  const auto is_constant = [&](int64_t c) { return least[static_cast<size_t>(c)] == most[static_cast<size_t>(c)]; };
  for (int64_t c = 0; is_rows && c < channels; ++c)
    if (is_constant(c)) constant += (constant.empty() ? "" : ", ") + name_of(c);
  for (int64_t c = 0; c < shown; ++c) {
    const auto place = static_cast<size_t>(c);
    // What it is divided by is one where it is constant; what it is, is zero.
    const double deviation = is_constant(c) ? 0 : scalar(splits.normalization.std[c]);
    table.rows.push_back({name_of(c), fixed(least[place], 4), fixed(scalar(splits.normalization.mean[c]), 4),
                          fixed(deviation, 4), fixed(most[place], 4)});
  }
  std::string text = format_table(table);
  if (shown < channels) text += "... of " + std::to_string(channels) + " (--json has all)\n";
  if (!constant.empty()) text += "constant, so that it tells no classes apart: " + constant + "; leave it out\n";
  return text;
}

std::string duplicate_text(const Inspected& data) {
  const Duplicates& found = data.duplicates;
  std::string text = "duplicates: " + std::to_string(all_of(found.between)) + " between splits, " +
                     std::to_string(all_of(found.within)) + " within one, " +
                     std::to_string(all_of(found.contradictory)) + " under another label\n";
  for (const auto& [one, other] : found.examples) text += "  " + data.text_of(one) + " = " + data.text_of(other) + "\n";
  if (all_of(found.between) > 0)
    text += "those between splits were seen before they are judged: accuracies come out too high; keep one of each\n";
  if (all_of(found.contradictory) > 0) text += "of those under another label no network can learn both; correct them\n";
  return text;
}

// Rows are classes, columns the first examples of each; where a class has fewer, its tiles stay empty.
Tensor contact_sheet(const Splits& splits, const std::vector<int64_t>& counts) {
  const Dataset& train = splits.train;
  const int64_t classes = train.classes();
  const auto largest = std::ranges::max_element(counts) - counts.begin();
  const int64_t columns = std::min(kColumnsShown, counts[static_cast<size_t>(largest)]);
  Tensor labels = at::zeros({columns, classes, classes});
  Tensor chosen = at::zeros({columns, classes}, at::kLong);
  for (int64_t k = 0; k < classes; ++k) {
    const Tensor members = train.labels.eq(k).nonzero().view(-1);
    for (int64_t t = 0; t < columns; ++t) {
      const bool there = t < members.numel();
      if (there) chosen[t][k] = members[t];
      labels[t][k][there ? k : largest] = there ? 1 : 0.5;  // half: another image of that class comes before it
    }
  }
  const Tensor images = train.images.index_select(0, chosen.flatten());
  const Tensor shown = splits.normalization.display(splits.normalization.apply(images)).contiguous();
  return draw_sheet(shown.unflatten(0, {columns, classes}), labels, train.class_names, {.corner = "class"});
}

// The data as another verb is told of them.
std::string arguments_of(const DataFlags& flags) {
  std::string words = shell_word(flags.path);
  const DataConfig usual;
  if (flags.data.size != usual.size) words += " --set data.size=" + std::to_string(flags.data.size);
  if (flags.data.label != usual.label) words += " --set " + shell_word("data.label=" + flags.data.label);
  if (flags.data.split_seed != usual.split_seed)
    words += " --set data.split_seed=" + std::to_string(flags.data.split_seed);
  return words;
}

int inspect_data(const DataFlags& flags) {
  flags.machine.apply();
  const Inspected data = inspect(flags);
  const Splits& splits = data.opened.splits;
  if (!flags.out.empty()) write_png(flags.out, contact_sheet(splits, data.counts[0]));
  if (flags.json) {
    std::printf("%s\n", json_of(data).dump(1).c_str());
    return 0;
  }
  const Shape shape = shape_of(splits.train.images);
  const bool is_rows = is_table(shape);
  std::printf(
      "%s: %lld classes of %s %s\n", splits.train.name.c_str(), static_cast<long long>(splits.train.classes()),
      is_rows ? "rows with" : "images",
      is_rows ? (std::to_string(shape[1]) + " columns").c_str() : to_string({shape[1], shape[2], shape[3]}).c_str());
  print_remarks(data.opened);
  std::printf("\n%s\n%s\n%s", class_table(data).c_str(), channel_table(data).c_str(), duplicate_text(data).c_str());
  if (!flags.out.empty()) std::printf("sheet: %s\n", flags.out.c_str());
  const std::string again = arguments_of(flags);
  std::printf("next: gtn preflight %s, gtn train %s\n", again.c_str(), again.c_str());
  return 0;
}

}  // namespace

void add_data(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<DataFlags>();
  CLI::App* verb = program.add_subcommand("data", "Look at a data set, or write it as pictures");
  verb->require_subcommand(1);
  verb->footer("Example:\n  gtn data inspect photos/ --out photos.png\n  gtn data export mnist --out pictures");
  CLI::App* inspect = verb->add_subcommand("inspect", "Show shapes, class counts, statistics, duplicates and pictures");
  inspect
      ->add_option(
          "data", flags->path,
          "a folder with a folder of PNG or JPEG files for each class (or train/ and test/ with such folders), "
          "a .npz or .csv file, IDX or CIFAR-10 files, or the name of a data set")
      ->required();
  inspect->add_option("--size", flags->data.size, "pixels that pictures are brought to, as data.size of gtn train")
      ->check(whole_number(1, 1024));
  inspect->add_option("--label", flags->data.label, "the column of a table that names the class, as data.label");
  inspect->add_option("--split-seed", flags->data.split_seed, "which examples are held back, as data.split_seed")
      ->check(whole_number());
  inspect->add_option("--out", flags->out, "write a contact sheet, a row of pictures for each class, to this PNG file");
  inspect->add_flag("--json", flags->json, "one JSON object");
  flags->machine.add_to(*inspect);
  inspect->footer("Example:\n  gtn data inspect photos/ --out photos.png\n  gtn data inspect iris.csv --label species");
  add_data_export(*verb, chosen);
  inspect->callback([flags, &chosen] { chosen = [flags] { return inspect_data(*flags); }; });
}

}  // namespace gtn
