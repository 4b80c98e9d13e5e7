// gtn data export: a data set as a folder of pictures for each class, which every program reads.
#include <cstdio>
#include <map>

#include "cli/common.h"
#include "cli/data_export.h"
#include "cli/run_data.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/nearest.h"
#include "gtn/core/new_folder.h"
#include "gtn/core/quote.h"
#include "gtn/core/side_by_side.h"
#include "gtn/data/find_dataset.h"
#include "gtn/data/own_parts.h"
#include "gtn/report/png.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct DataExportFlags {
  MachineFlags machine;
  std::string path, out;
  std::vector<std::string> classes;
  int64_t most = 0;
};

// Which classes to write, in the order of the data set; all where none are named.
std::vector<int64_t> chosen_classes(const Dataset& data, const std::vector<std::string>& names) {
  Faults faults("--class");
  for (const std::string& name : names) {
    if (std::ranges::find(data.class_names, name) != data.class_names.end()) continue;
    const std::string near = nearest(name, data.class_names);
    faults.add(quoted(name) + " is no class of " + data.name +
               (near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
  }
  faults.throw_if_any(ErrorKind::usage);
  std::vector<int64_t> chosen;
  for (int64_t k = 0; k < data.classes(); ++k)
    if (names.empty() || std::ranges::find(names, data.class_names[static_cast<size_t>(k)]) != names.end())
      chosen.push_back(k);
  return chosen;
}

// A class as the name of a folder.
std::string folder_name(std::string name) {
  std::ranges::replace(name, '/', '-');
  return name.starts_with(".") ? "_" + name : name;
}

// Throws where two classes would share a folder.
void check_folders(const Dataset& data, const std::vector<int64_t>& classes) {
  std::map<std::string, std::string> taken;
  for (const int64_t k : classes) {
    const std::string& name = data.class_names[static_cast<size_t>(k)];
    const auto [at, is_new] = taken.emplace(folder_name(name), name);
    if (!is_new)
      throw usage_error(data.name, "the classes " + gtn::quoted(at->second) + " and " + gtn::quoted(name) +
                                       " would share a folder; name those to write by --class");
  }
}

// The images of one class and split, by their numbers, into a folder of that name. Returns how many there are.
int64_t write_class(const NewFolder& out, const fs::path& folder, const Dataset& data, int64_t label, int64_t most) {
  const Tensor members = data.labels.eq(label).nonzero().view(-1);
  const int64_t count = most > 0 ? std::min(most, members.numel()) : members.numel();
  make_folder(out.part() / folder);  // also where there is no image
  side_by_side(count, [&](int64_t i) {
    const Tensor image = data.images[members[i].item<int64_t>()].round().clamp(0, 255).to(at::kByte);
    const Tensor pixels = image.size(0) == 1 ? image[0] : image.permute({1, 2, 0});
    std::string number = std::to_string(members[i].item<int64_t>());
    number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');
    out.write(folder / (number + ".png"), encode_png(pixels.contiguous()));
  });
  return count;
}

// Whether `path` is `folder`, a folder of class folders, or would be in it: a class more.
bool lies_within(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored) || !holds_own_data(folder)) return false;
  const fs::path inner = fs::weakly_canonical(path, ignored), outer = fs::weakly_canonical(folder, ignored);
  return std::ranges::mismatch(outer, inner).in1 == outer.end();
}

int export_data(const DataExportFlags& flags) {
  flags.machine.apply();
  RunConfig config;
  config.dataset = flags.path;
  if (lies_within(flags.out, find_dataset(flags.path, flags.machine.data_folders())))
    throw usage_error("--out",
                      flags.out + " lies within " + flags.path + ", where it would be read as data; choose another");
  const Splits splits = open_run_data(config, flags.machine.data_folders()).splits;
  const int64_t channels = splits.train.images.size(1);
  if (is_table(shape_of(splits.train.images)) || (channels != 1 && channels != 3))
    throw usage_error(flags.path, "holds no pictures; a table is a file that every program reads already");
  const std::vector<int64_t> classes = chosen_classes(splits.train, flags.classes);
  check_folders(splits.train, classes);
  NewFolder out(flags.out);
  for (const auto& [name, data] : {std::pair<const char*, const Dataset*>{"train", &splits.train},
                                   {"validation", &splits.validation},
                                   {"test", &splits.test}}) {
    int64_t count = 0;
    for (const int64_t k : classes)
      count += write_class(out, fs::path(name) / folder_name(data->class_names[static_cast<size_t>(k)]), *data, k,
                           flags.most);
    std::printf("%s/%s: %lld pictures\n", flags.out.c_str(), name, static_cast<long long>(count));
  }
  out.finish();
  return 0;
}

}  // namespace

void add_data_export(CLI::App& data, Action& chosen) {
  const auto flags = std::make_shared<DataExportFlags>();
  CLI::App* verb = data.add_subcommand("export", "Write a data set as a folder of PNG files for each class");
  verb->add_option("data", flags->path, "the name of a data set, a folder or a .npz file")->required();
  verb->add_option("--out", flags->out, "the new folder, of train/, validation/ and test/")->required();
  verb->add_option("--class", flags->classes, "write this class alone; may be repeated")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--most", flags->most, "pictures of each class and split at most (default: all)")
      ->check(whole_number(1));
  flags->machine.add_to(*verb);
  verb->footer("Example:\n  gtn data export cifar10 --class cat --class dog --out pets && gtn train pets");
  verb->callback([flags, &chosen] { chosen = [flags] { return export_data(*flags); }; });
}

}  // namespace gtn
