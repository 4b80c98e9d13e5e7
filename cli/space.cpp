// gtn space: what a search space holds, and what one of its genotypes builds.
#include <charconv>
#include <cstdio>

#include "cli/common.h"
#include "cli/graphviz.h"
#include "cli/learner_file.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/core/json.h"
#include "gtn/core/quote.h"
#include "gtn/nets/spec.h"
#include "gtn/report/table.h"
#include "gtn/search/graph.h"
#include "gtn/search/space.h"

namespace gtn {
namespace {

struct SpaceFlags {
  std::string space, genotype, dot, svg;
  std::string image = "1x28x28";
  int64_t sample = 0;
  int64_t seed = 1;
  int64_t classes = 10;
  bool all = false;
  bool json = false;
};

// "1x28x28": channels, height, width.
Shape image_shape(const std::string& text) {
  Shape shape;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (shape.size() < 3) {
    int64_t extent = 0;
    const auto [next, error] = std::from_chars(at, end, extent);
    if (error != std::errc() || extent < 1 || extent > 4096) break;
    shape.push_back(extent);
    if (next == end && shape.size() == 3) return shape;
    if (next == end || *next != 'x') break;
    at = next + 1;
  }
  throw usage_error("--image", quoted(text) + " is no CHANNELSxHEIGHTxWIDTH, such as 1x28x28");
}

Json summary(const Space& space) {
  Json json{{"space", space.name()}, {"size", nullptr}};
  if (space.size()) json["size"] = *space.size();
  return json;
}

int describe_space(const Space& space, bool as_json) {
  if (as_json)
    std::printf("%s\n", summary(space).dump(1).c_str());
  else
    std::printf("%s%s architectures\n", space.describe().c_str(),
                space.size() ? std::to_string(*space.size()).c_str() : "uncounted");
  return 0;
}

std::vector<std::string> listed_genotypes(const Space& space, const SpaceFlags& flags) {
  std::vector<std::string> genotypes;
  if (flags.all && !space.size())
    throw usage_error("--all", "the architectures of " + space.name() + " were never counted; take --sample");
  for (int64_t i = 0; flags.all && i < *space.size(); ++i) genotypes.push_back(space.at(i));
  const Key key = Key(static_cast<uint64_t>(flags.seed)).split("space");
  for (int64_t i = 0; !flags.all && i < flags.sample; ++i)
    genotypes.push_back(space.sample(key.split(static_cast<uint64_t>(i))));
  return genotypes;
}

// None where the learner does not fit the images: small ones may leave no room for a deep net.
std::shared_ptr<const Net> built(const std::string& learner, const Shape& image, int64_t classes) {
  try {
    return make_net(learner, image, classes);
  } catch (const Error&) {
    return nullptr;
  }
}

int list_genotypes(const Space& space, const SpaceFlags& flags) {
  const Shape image = image_shape(flags.image);
  Table table{{"parameters", "multiply-adds", "genotype"}, {}};
  Json json = summary(space), list = Json::array();
  for (const std::string& genotype : listed_genotypes(space, flags)) {
    const std::string learner = space.learner(genotype);
    const auto net = built(learner, image, flags.classes);
    Json row{{"genotype", genotype}, {"learner", learner}, {"parameters", nullptr}, {"multiply_adds", nullptr}};
    if (net) row.update({{"parameters", net->parameter_count()}, {"multiply_adds", net->multiply_adds()}});
    list.push_back(std::move(row));
    table.rows.push_back({net ? std::to_string(net->parameter_count()) : "-",
                          net ? std::to_string(net->multiply_adds()) : "-", genotype});
  }
  json["genotypes"] = std::move(list);
  std::printf("%s", flags.json ? (json.dump(1) + "\n").c_str() : format_table(table).c_str());
  return 0;
}

int show_genotype(const Space& space, const SpaceFlags& flags) {
  const std::string genotype = space.canonical(flags.genotype), learner = space.learner(genotype);
  const auto net = make_net(learner, image_shape(flags.image), flags.classes);
  if (!flags.dot.empty()) write_file_atomic(flags.dot, dot_graph(*net));
  if (!flags.svg.empty()) write_file_atomic(flags.svg, svg_of_dot(dot_graph(*net)));
  const size_t neighbours = space.neighbours(genotype).size();
  if (flags.json) {
    Json json = summary(space);
    json.update({{"genotype", genotype},
                 {"learner", learner},
                 {"parameters", net->parameter_count()},
                 {"multiply_adds", net->multiply_adds()},
                 {"neighbours", neighbours}});
    std::printf("%s\n", json.dump(1).c_str());
    return 0;
  }
  const Table table{
      {"what", "value"},
      {{genotype == flags.genotype ? "genotype" : "genotype, of those that are the same the first", genotype},
       {"learner", learner},
       {"parameters", std::to_string(net->parameter_count())},
       {"multiply-adds", std::to_string(net->multiply_adds())},
       {"neighbours", std::to_string(neighbours)}}};
  std::printf("%s", format_table(table).c_str());
  for (const std::string& picture : {flags.dot, flags.svg})
    if (!picture.empty()) std::printf("picture: %s\n", picture.c_str());
  return 0;
}

int space_verb(const SpaceFlags& flags) {
  const SpacePtr space = open_space(flags.space);
  if (!flags.genotype.empty()) return show_genotype(*space, flags);
  if (flags.all || flags.sample > 0) return list_genotypes(*space, flags);
  return describe_space(*space, flags.json);
}

}  // namespace

void add_space(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<SpaceFlags>();
  CLI::App* verb = program.add_subcommand("space", "Show a search space, its architectures and their pictures");
  std::string names;
  for (const std::string& name : space_names()) names += name + ", ";
  verb->add_option("space", flags->space, names + "or a TOML file with choices of your own")->required();
  CLI::Option* sample = verb->add_option("--sample", flags->sample, "list so many architectures, drawn at random")
                            ->check(whole_number(1, 1'000'000));
  verb->add_option("--seed", flags->seed, "of --sample (default: 1)")->check(whole_number())->needs(sample);
  CLI::Option* all = verb->add_flag("--all", flags->all, "list all architectures")->excludes(sample);
  CLI::Option* genotype = verb->add_option("--genotype", flags->genotype, "show this one")->excludes(sample, all);
  verb->add_option("--dot", flags->dot, "write the picture of --genotype to this file, as text for Graphviz")
      ->needs(genotype);
  verb->add_option("--svg", flags->svg, "write the picture of --genotype to this file; Graphviz draws it")
      ->needs(genotype);
  verb->add_option("--image", flags->image, "channels, height and width of the images (default: 1x28x28)");
  verb->add_option("--classes", flags->classes, "what the networks tell apart (default: 10)")
      ->check(whole_number(1, 65536));
  verb->add_flag("--json", flags->json, "one JSON object");
  verb->footer(
      std::string(kLearnerHelp) +
      "\nA space of your own is a learner text with names in braces, and a TOML file that says what may stand there: "
      "[choices] width = [8, 16], and so on, as in examples/my_space.toml.\n\nExample:\n  gtn space convnet --sample 5 "
      "--seed 1\n  gtn space nb201 --image 3x32x32 --svg cell.svg --genotype "
      "'|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|skip_connect~1|nor_conv_1x1~2|'");
  verb->callback([flags, &chosen] { chosen = [flags] { return space_verb(*flags); }; });
}

}  // namespace gtn
