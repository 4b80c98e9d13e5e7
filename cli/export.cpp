// gtn export: what is in an artefact, in files that other programs read.
#include <cstdio>

#include "cli/common.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/report/npz.h"
#include "gtn/report/png.h"
#include "gtn/report/sheet.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct ExportFlags {
  std::string path, format = "npz", out;
};

Tensor pixels(const Artefact& artefact) {
  const Shape shape = shape_of(artefact.images);
  return artefact.normalization.invert(artefact.images.reshape({shape[0] * shape[1], shape[2], shape[3], shape[4]}))
      .view(shape);
}

std::map<std::string, Tensor> arrays(const Artefact& artefact) {
  const Normalization& units = artefact.normalization;
  std::map<std::string, Tensor> named = {{"images", artefact.images}, {"labels", artefact.labels},
                                         {"lr", artefact.lr},         {"momentum", artefact.momentum},
                                         {"mean", units.mean},        {"std", units.std}};
  if (units.whitening.defined()) {
    named.emplace("whitening", units.whitening.matrix);
    named.emplace("whitening_mean", units.whitening.mean);
  }
  return named;
}

int export_verb(const ExportFlags& flags) {
  Artefact artefact = find_artefact(flags.path).artefact;
  const std::string name = flags.format == "safetensors" ? "compact" : "teacher";
  const fs::path out = flags.out.empty() ? fs::path(name + "." + flags.format) : fs::path(flags.out);
  if (flags.format == "npz") {
    write_npz(out, arrays(artefact), {{"class_names", artefact.class_names}, {"optimizer", {artefact.optimizer}}});
  } else if (flags.format == "safetensors") {
    artefact.encoding = Encoding::compact;
    save_artefact(out, artefact);
  } else {
    write_png(out,
              draw_sheet(pixels(artefact), artefact.labels, artefact.class_names, {.columns = artefact.batches()}));
  }
  std::printf("%s\n", out.c_str());
  return 0;
}

}  // namespace

void add_export(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<ExportFlags>();
  CLI::App* verb =
      program.add_subcommand("export",
                             "Write an artefact's curriculum as arrays (npz), as a small artefact (safetensors) or "
                             "as a picture (png)");
  verb->add_option("artefact", flags->path, "a run's folder or its teacher.safetensors")->required();
  verb->add_option(
          "--format", flags->format,
          "npz: images, labels, lr, momentum, mean, std, class_names, optimizer, and whitening where there is "
          "one; safetensors: an artefact to give away, of a quarter of the size: images in 8 bits, no generator; png: "
          "contact sheet of every step")
      ->check(CLI::IsMember({"npz", "safetensors", "png"}));
  verb->add_option("--out", flags->out, "the file (default: teacher.npz, compact.safetensors or teacher.png)");
  verb->footer(
      "Example:\n  gtn export runs/quickstart --format npz --out curriculum.npz\n  gtn export runs/quickstart --format "
      "safetensors --out small.safetensors && gtn evaluate small.safetensors");
  verb->callback([flags, &chosen] { chosen = [flags] { return export_verb(*flags); }; });
}

}  // namespace gtn
