// What a bulletin (通报) says: the one thing that is hashed, stored and shown in every form. Every printed number is bound to what it is.
//
// The canonical content is JSON by RFC 8785 (keys sorted, no blanks, no numbers but integers): the same content is the same bytes, and anybody
// can recompute its SHA-256. Fields that are empty are written too, so that nothing depends on who wrote it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace anju::bulletin {

inline constexpr int kFormat = 1;
inline constexpr size_t kContentBytesMax = 4 << 20;
inline constexpr size_t kFiguresMax = 20'000;  // of one bulletin

// A number, and where it comes from. As a row of a check file: id, place, label, printed, unit, should_be.
struct Figure {
  std::string id;         // unique in the bulletin: [A-Za-z][A-Za-z0-9_.]*, e.g. starts.533401.value, x3
  std::string printed;    // the number as printed: "61.58"; "" where a word or nothing stands for it
  std::string unit;       // 套, 万元, %, 名次
  std::string label;      // name of the indicator, or of what the number is
  std::string rule;       // over ids, as in check files: "a/b", "sum(a b)", "=a", "rank(desc a b)"; "" for a figure as reported or demanded
  std::string exact;      // before rounding, in the unit: "1241", "1241/20"; "" when unknown
  std::string region;     // code
  std::string programme;  // code
  std::string indicator;  // code
  std::string plan_year;  // YYYY, YYYY-YYYY or ""
  std::string cell;       // what of the cell: numerator, denominator, value, rank, … or a column of the definition
  friend bool operator==(const Figure&, const Figure&) = default;
};

// A piece of text; what is printed of a figure stands in `text` too ("61.58%", "全部开工").
struct Run {
  std::string text;
  std::optional<Figure> figure;
  friend bool operator==(const Run&, const Run&) = default;
};
using Runs = std::vector<Run>;

// The text as printed.
std::string PlainText(const Runs& runs);

enum class BlockKind { kHeading, kSubheading, kParagraph };
struct Block {
  BlockKind kind = BlockKind::kParagraph;
  Runs runs;
  friend bool operator==(const Block&, const Block&) = default;
};

struct Column {
  std::string group;    // heading above several columns that stand side by side; "" for none
  std::string heading;
  bool numeric = true;  // right-aligned or centred as figures are
  friend bool operator==(const Column&, const Column&) = default;
};

struct Row {
  std::string region;  // code; of the total line that of the parent
  std::string name;    // of the region, on the date of the figures
  std::string reason;  // of an unranked row: NO_TARGET …; "" otherwise
  std::vector<Runs> cells;
  friend bool operator==(const Row&, const Row&) = default;
};

// One annex table.
struct Annex {
  std::string name;       // of the template's table
  Runs title, subtitle, unit_note;
  std::vector<Column> columns;
  std::vector<Row> rows;  // ranked ones first, then the unranked
  std::optional<Row> total;
  std::vector<Runs> notes;
  std::vector<std::pair<std::string, std::string>> definition;  // of the league table with every default filled in, sorted by name
  std::string as_of;      // YYYY-MM-DD
  uint32_t reported = 0, expected = 0;
  friend bool operator==(const Annex&, const Annex&) = default;
};

// The head of a journal that the bulletin was computed from.
struct JournalHead {
  std::string service;   // plan, progress
  std::string journal;   // 32 hex digits
  uint64_t sequence = 0;
  std::string hash;      // of the block that ends there, 64 hex digits; "" when the basis ends inside a block
  // Tree head (RFC 6962 over the hashes of the blocks), for proofs; 0 and "" in bulletins from before there were any, and not written then.
  uint64_t tree_size = 0;  // blocks up to there
  std::string tree_root;   // 64 hex digits
  friend bool operator==(const JournalHead&, const JournalHead&) = default;
};

// A cell that a correction changes.
struct Change {
  std::string id, place, before, after;  // printed forms; "" where there was or is none
  friend bool operator==(const Change&, const Change&) = default;
};
struct Correction {
  std::string number, date, sha256;      // of the bulletin corrected
  std::vector<Change> changes;
  friend bool operator==(const Correction&, const Correction&) = default;
};

struct Content {
  std::string template_code;
  uint32_t template_version = 0;
  std::string template_sha256;            // of the template's source, hex
  std::string number, date;               // 发文字号, YYYY-MM-DD; both "" in a draft
  std::string region, region_name;        // whose bulletin it is
  std::string as_of, tree, review;        // YYYY-MM-DD, YYYY-MM-DD or "", all|reviewed|confirmed
  std::vector<JournalHead> basis;         // plan first, then progress by journal
  std::string basis_token;                // for `--at`
  std::string letterhead, issuer, signature;
  Runs title, addressees, copies;
  std::vector<Block> body;
  std::vector<Annex> annexes;
  std::vector<std::pair<std::string, Figure>> operands;  // (place, figure): named by rules, not printed
  std::optional<Correction> corrects;
  friend bool operator==(const Content&, const Content&) = default;
};

// The canonical bytes. REQUIRES: valid UTF-8 everywhere, sequences below 2^53 (as RFC 8785 has integers).
std::string Canonical(const Content& content);
// Reads canonical bytes; TAMPERED when they are not canonical bytes of a content (also one key more, fewer or out of order), or beyond kContentBytesMax.
absl::StatusOr<Content> ParseCanonical(std::string_view bytes);
// Lower-case hex.
std::string Sha256Hex(std::string_view bytes);

// Every figure with its place ("附件1 香格里拉市 开工率", "正文第2段 第3数"), in the order of printing: title, text, annexes, then operands. Places depend
// on where a figure stands and never on what it says, so a corrected figure keeps its place.
struct PlacedFigure {
  std::string place;
  const Figure* figure;  // points into the content
  std::string text;      // as printed, with what stands around the number in its run
};
std::vector<PlacedFigure> FiguresOf(const Content& content);

// What changed from one content to another, by figure id: what is printed of it, with what stands around the number ("新增40套"), or its coming and going.
// Texts without figures do not count, and neither does a figure that merely stands elsewhere. In the order of `after`, then what is gone, with the place it had.
std::vector<Change> Compare(const Content& before, const Content& after);

}  // namespace anju::bulletin
