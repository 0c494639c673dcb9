// The hand-written wire form against protobuf's.
#include "services/progress/store/event_codec.h"

#include <random>

#include <gtest/gtest.h>

#include "anju/progress/v1/event.pb.h"

namespace anju::progress {
namespace {

struct Sample {
  v1::Event event;
  UpdateEvent update;  // views into `event`
};

void Randomize(std::mt19937_64& random, Sample* sample) {
  const auto chance = [&](int of) { return random() % of == 0; };
  const auto number = [&](int bits) { return bits == 0 ? 0 : random() >> (64 - bits); };
  v1::Update& out = *sample->event.mutable_update();
  UpdateEvent& update = sample->update;
  update.series = static_cast<uint32_t>(number(random() % 33));
  update.figure.as_of = Date{static_cast<int32_t>(number(32))};
  if (chance(2)) update.figure.as_of = Date{17'000};
  update.figure.amount = static_cast<int64_t>(number(random() % 65));
  update.source = static_cast<uint32_t>(number(random() % 33));
  update.source_sequence = number(random() % 65);
  update.figure.kind = static_cast<UpdateKind>(random() % 4);
  if (chance(3)) update.figure.corrects = number(64);
  if (chance(3)) update.figure.published = Date{chance(3) ? 0 : static_cast<int32_t>(number(32))};
  if (chance(3)) out.set_explanation(std::string(random() % 300, 'e'));
  if (chance(3)) out.set_printed("1.50");
  if (chance(3)) out.set_unit("万套");
  if (chance(3)) out.set_actor("spiffe://anju/region/533401/role/reporter/id/li");
  for (uint64_t flags = chance(3) ? random() % 4 : 0; flags > 0; --flags) {
    const Flag flag{chance(4) ? "" : std::string(random() % 64, 'r'), static_cast<SoftCheck>(random() % 8), chance(3) ? 0 : static_cast<int64_t>(random())};
    v1::Flag* added = out.add_flags();
    added->set_rule(flag.rule);
    added->set_check(static_cast<plan::v1::SoftCheck>(flag.check));
    added->set_compared(flag.compared);
    update.flags.push_back(flag);
  }
  out.set_series(update.series);
  out.set_as_of_days(update.figure.as_of.days);
  out.set_amount(update.figure.amount);
  out.set_source(update.source);
  out.set_source_sequence(update.source_sequence);
  out.set_kind(static_cast<v1::UpdateKind>(update.figure.kind));
  out.set_corrects(update.figure.corrects);
  if (update.figure.published) out.set_published_days(update.figure.published->days);
  update.figure.explanation = out.explanation();
  update.figure.printed = out.printed();
  update.figure.unit = out.unit();
  update.actor = out.actor();
}

TEST(EventCodecTest, WritesAndReadsWhatProtobufDoes) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    Sample sample;
    Randomize(random, &sample);
    const std::string bytes = sample.event.SerializeAsString();
    ASSERT_EQ(EncodeUpdate(sample.update), bytes) << sample.event.ShortDebugString();
    UpdateEvent read;
    ASSERT_EQ(DecodeUpdate(bytes, &read), Decoded::kUpdate);
    ASSERT_EQ(EncodeUpdate(read), bytes);
    ASSERT_EQ(read.flags, sample.update.flags);
  }
}

TEST(EventCodecTest, OtherEventsAreLeftToProtobuf) {
  v1::Event event;
  event.mutable_source()->set_number(1);
  UpdateEvent update;
  EXPECT_EQ(DecodeUpdate(event.SerializeAsString(), &update), Decoded::kOther);
}

TEST(EventCodecTest, FieldsOfLaterVersionsAreSkipped) {
  v1::Event event;
  event.mutable_update()->set_series(7);
  event.mutable_update()->GetReflection()->MutableUnknownFields(event.mutable_update())->AddVarint(99, 5);
  event.mutable_update()->GetReflection()->MutableUnknownFields(event.mutable_update())->AddLengthDelimited(100, "later");
  UpdateEvent update;
  ASSERT_EQ(DecodeUpdate(event.SerializeAsString(), &update), Decoded::kUpdate);
  EXPECT_EQ(update.series, 7u);
}

TEST(EventCodecTest, CutAndChangedBytesNeverReadBeyondTheEnd) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  UpdateEvent update;
  EXPECT_EQ(DecodeUpdate("", &update), Decoded::kBroken);
  for (int samples = 0; samples < 100; ++samples) {
    Sample sample;
    Randomize(random, &sample);
    const std::string bytes = sample.event.SerializeAsString();
    for (size_t size = 1; size < bytes.size(); ++size) EXPECT_EQ(DecodeUpdate(std::string(bytes, 0, size), &update), Decoded::kBroken) << size;
    for (int i = 0; i < 1'000; ++i) {
      std::string changed = bytes;
      changed[random() % changed.size()] ^= static_cast<char>(1 + random() % 255);
      DecodeUpdate(changed, &update);  // any answer, but under the sanitizers no stray read
    }
  }
}

// Whatever protobuf cannot read inside of an update and its flags is broken here too, and what later versions add to them is skipped.
TEST(EventCodecTest, UpdatesAndFlagsAreReadToTheirEnds) {
  v1::Event sample;
  sample.mutable_update()->set_series(1);
  const std::string tag = sample.SerializeAsString().substr(0, 1);
  const auto decode = [&](const std::string& body) {
    UpdateEvent update;
    const Decoded decoded = DecodeUpdate(tag + static_cast<char>(body.size()) + body, &update);
    return std::pair(decoded, update);
  };
  v1::Flag flag;
  flag.set_rule("falling");
  flag.set_check(plan::v1::SOFT_CHECK_FALLING);
  flag.set_compared(-5);
  const auto with_flag = [&](const std::string& bytes) {
    v1::Update update;
    update.add_flags();
    std::string body = update.SerializeAsString();
    body.back() = static_cast<char>(bytes.size());
    return decode(body + bytes);
  };
  const std::string whole = flag.SerializeAsString();
  EXPECT_EQ(with_flag(whole).second.flags.at(0).rule, "falling");
  for (const std::string& broken : {std::string("\xff"), std::string("\x0a\x09x"), std::string("\x0a"), std::string("\x10"), std::string("\x10\xff"), std::string("\x0d"), std::string(12, '\xff')}) {
    EXPECT_EQ(with_flag(broken).first, Decoded::kBroken);
    EXPECT_EQ(with_flag(whole + broken).first, Decoded::kBroken);
    EXPECT_EQ(decode(broken).first, Decoded::kBroken);
  }
  // A check of a later version, and fields of one.
  const auto later = with_flag(whole + "\x10\x63" + "\x78\x05" + "\x7a\x01z");
  EXPECT_EQ(later.first, Decoded::kUpdate);
  EXPECT_EQ(later.second.flags.at(0).compared, -5);
}

}  // namespace
}  // namespace anju::progress
