// gtn export --format folder: a curriculum as PNG files with their labels.
#pragma once

#include <filesystem>

#include "gtn/data/artefact.h"

namespace gtn {

// Writes into `folder`, which must be absent or empty:
//   step_000/00_LABEL.png ...  each image of each batch, 8 bits a channel, named after its likeliest class
//   labels.csv                 of each file its batch and place, the class, and the soft label as a column a class
//   manifest.json              class names, normalisation, how to use it, each step's folder, step size and momentum
//   whitening.npz              whitening [D, D] and whitening_mean [D], where there is such
// The manifest is the last write: where it stands, all is there. Throws a usage error where the folder holds something,
// and failures where images have neither one nor three channels or something cannot be written.
void export_folder(const std::filesystem::path& folder, const Artefact& artefact);

}  // namespace gtn
