// What writes the corpora's seeds of binary forms (seeds.cc).
#pragma once

#include <string>

namespace anju::fuzz {

// Into the directory of a target.
void WriteSeed(const std::string& target, const std::string& name, const std::string& bytes);
// With its length before it, as inputs of several strings have it.
inline std::string WithLength(const std::string& bytes) { return std::string{static_cast<char>(bytes.size()), static_cast<char>(bytes.size() >> 8)} + bytes; }
// Messages of clients, and what the services that derive read.
void WriteCallSeeds();

}  // namespace anju::fuzz
