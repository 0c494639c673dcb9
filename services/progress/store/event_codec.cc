// Protobuf's wire form of Event { update }, written and read without protobuf.
#include "services/progress/store/event_codec.h"

#include <utility>

namespace anju::progress {
namespace {

// Tags of progress/v1/event.proto: field number × 8 + wire type (0 varint, 2 length-delimited).
enum Tag : uint8_t {
  kEventUpdate = 1 * 8 + 2,
  kSeries = 1 * 8,
  kAsOf = 2 * 8,
  kAmount = 3 * 8,
  kSource = 4 * 8,
  kSourceSequence = 5 * 8,
  kKind = 6 * 8,
  kExplanation = 7 * 8 + 2,
  kCorrects = 8 * 8,
  kPublished = 9 * 8,
  kPrinted = 10 * 8 + 2,
  kUnit = 11 * 8 + 2,
  kActor = 12 * 8 + 2,
  kFlags = 13 * 8 + 2,
  kFlagRule = 1 * 8 + 2,
  kFlagCheck = 2 * 8,
  kFlagCompared = 3 * 8,
};

constexpr size_t kNumbersBytesMax = 96;  // 8 fields of at most 11 bytes

char* PutField(Tag tag, uint64_t value, char* to) {
  *to++ = static_cast<char>(tag);
  return PutVarint(value, to);
}

void AppendText(Tag tag, std::string_view text, std::string* to) {
  if (text.empty()) return;
  char head[12];
  char* end = PutField(tag, text.size(), head);
  to->append(head, end - head);
  to->append(text);
}

// Fields in the order of their numbers, like protobuf: 1-6, the explanation, 8-9, other texts. proto3 leaves zeros out, and negative
// int32 fields travel sign-extended to 64 bits.
char* PutHead(const UpdateEvent& update, char* to) {
  const Figure& figure = update.figure;
  if (update.series != 0) to = PutField(kSeries, update.series, to);
  if (figure.as_of.days != 0) to = PutField(kAsOf, static_cast<uint64_t>(int64_t{figure.as_of.days}), to);
  if (figure.amount != 0) to = PutField(kAmount, ZigZag(figure.amount), to);
  if (update.source != 0) to = PutField(kSource, update.source, to);
  if (update.source_sequence != 0) to = PutField(kSourceSequence, update.source_sequence, to);
  if (figure.kind != UpdateKind::kCumulative) to = PutField(kKind, static_cast<uint8_t>(figure.kind), to);
  return to;
}

char* PutTail(const Figure& figure, char* to) {
  if (figure.corrects != 0) to = PutField(kCorrects, figure.corrects, to);
  if (figure.published) to = PutField(kPublished, static_cast<uint64_t>(int64_t{figure.published->days}), to);
  return to;
}

bool SetNumber(uint64_t tag, uint64_t value, UpdateEvent* update) {
  switch (tag) {
    case kSeries: update->series = static_cast<SeriesNumber>(value); return true;
    case kAsOf: update->figure.as_of = Date{static_cast<int32_t>(value)}; return true;
    case kAmount: update->figure.amount = UnZigZag(value); return true;
    case kSource: update->source = static_cast<SourceNumber>(value); return true;
    case kSourceSequence: update->source_sequence = value; return true;
    case kKind:
      if (value > 3) return false;
      update->figure.kind = static_cast<UpdateKind>(value);
      return true;
    case kCorrects: update->figure.corrects = value; return true;
    case kPublished: update->figure.published = Date{static_cast<int32_t>(value)}; return true;
    default: return true;  // a field of a later version
  }
}

void SetText(uint64_t tag, std::string_view text, UpdateEvent* update) {
  if (tag == kExplanation) update->figure.explanation = text;
  if (tag == kPrinted) update->figure.printed = text;
  if (tag == kUnit) update->figure.unit = text;
  if (tag == kActor) update->actor = text;
}

bool TakeText(std::string_view* bytes, std::string_view* text) {
  uint64_t size = 0;
  if (!TakeVarint(bytes, &size) || size > bytes->size()) return false;
  *text = bytes->substr(0, size);
  bytes->remove_prefix(size);
  return true;
}

// Unlike a text, an element of a list is there even when it is empty.
void AppendFlag(const Flag& flag, std::string* to) {
  char numbers[2 * 11];
  char* numbers_end = numbers;
  if (flag.check != SoftCheck::kNone) numbers_end = PutField(kFlagCheck, static_cast<uint8_t>(flag.check), numbers_end);
  if (flag.compared != 0) numbers_end = PutField(kFlagCompared, ZigZag(flag.compared), numbers_end);
  char head[2 * 12];
  char* rule_head = head + 12;
  char* const rule_end = flag.rule.empty() ? rule_head : PutField(kFlagRule, flag.rule.size(), rule_head);
  const size_t rule_bytes = static_cast<size_t>(rule_end - rule_head) + flag.rule.size();
  char* const head_end = PutField(kFlags, rule_bytes + static_cast<size_t>(numbers_end - numbers), head);
  to->append(head, head_end);
  to->append(rule_head, rule_end);
  to->append(flag.rule);
  to->append(numbers, numbers_end);
}

bool TakeFlag(std::string_view body, Flag* flag) {
  while (!body.empty()) {
    uint64_t tag = 0;
    if (!TakeVarint(&body, &tag)) return false;
    if ((tag & 7) == 2) {
      std::string_view text;
      if (!TakeText(&body, &text)) return false;
      if (tag == kFlagRule) flag->rule = text;
    } else if ((tag & 7) == 0) {
      uint64_t value = 0;
      if (!TakeVarint(&body, &value)) return false;
      // A check of a later version still has its rule's name.
      if (tag == kFlagCheck && value <= static_cast<uint64_t>(SoftCheck::kLate)) flag->check = static_cast<SoftCheck>(value);
      if (tag == kFlagCompared) flag->compared = UnZigZag(value);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string EncodeUpdate(const UpdateEvent& update) {
  std::string event;
  EncodeUpdate(update, &event);
  return event;
}

void EncodeUpdate(const UpdateEvent& update, std::string* event) {
  const Figure& figure = update.figure;
  char buffer[2 + kNumbersBytesMax];
  char* const head_end = PutHead(update, buffer + 2);
  if (figure.explanation.empty() && figure.printed.empty() && figure.unit.empty() && update.actor.empty() && update.flags.empty()) {
    char* const end = PutTail(figure, head_end);
    buffer[0] = static_cast<char>(kEventUpdate);
    buffer[1] = static_cast<char>(end - buffer - 2);  // < 128: one byte
    event->assign(buffer, end);
    return;
  }
  std::string body;
  body.reserve(kNumbersBytesMax + figure.explanation.size() + figure.printed.size() + figure.unit.size() + update.actor.size() + 48 * update.flags.size());
  body.append(buffer + 2, head_end);
  AppendText(kExplanation, figure.explanation, &body);
  char tail[2 * 11];
  body.append(tail, PutTail(figure, tail));
  AppendText(kPrinted, figure.printed, &body);
  AppendText(kUnit, figure.unit, &body);
  AppendText(kActor, update.actor, &body);
  for (const Flag& flag : update.flags) AppendFlag(flag, &body);
  event->clear();
  AppendText(kEventUpdate, body, event);
}

Decoded DecodeUpdate(std::string_view event, UpdateEvent* update) {
  if (event.empty()) return Decoded::kBroken;
  if (static_cast<uint8_t>(event.front()) != kEventUpdate) return Decoded::kOther;
  event.remove_prefix(1);
  std::string_view body;
  if (!TakeText(&event, &body) || !event.empty()) return Decoded::kBroken;
  *update = UpdateEvent{};
  while (!body.empty()) {
    uint64_t tag = 0;
    if (!TakeVarint(&body, &tag)) return Decoded::kBroken;
    if ((tag & 7) == 0) {
      uint64_t value = 0;
      if (!TakeVarint(&body, &value) || !SetNumber(tag, value, update)) return Decoded::kBroken;
    } else if ((tag & 7) == 2) {
      std::string_view text;
      if (!TakeText(&body, &text)) return Decoded::kBroken;
      if (tag == kFlags && !TakeFlag(text, &update->flags.emplace_back())) return Decoded::kBroken;
      SetText(tag, text, update);
    } else {
      return Decoded::kBroken;  // this message has no fixed-width fields
    }
  }
  return Decoded::kUpdate;
}

}  // namespace anju::progress
