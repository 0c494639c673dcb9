// Contents for tests: the June 2017 bulletin of Diqing with its real figures, and one that is too large, too wide and full of hostile names.
#pragma once

#include "common/bulletin/content.h"

namespace anju::bulletin {

// Issued as 迪安居通〔2017〕6号; `number` "" makes a draft.
Content DiqingContent(const std::string& number = "迪安居通〔2017〕6号");

// One annex of `rows` × `columns`, with long names; a correction with `changes` changes.
Content LargeContent(size_t rows, size_t columns, size_t changes);

// Names and texts that try to leave their place: markup, quotes, control characters, characters that turn the direction of writing.
Content HostileContent();

}  // namespace anju::bulletin
