# Writes INPUT as a C++ source file OUTPUT that returns its bytes. Run by the build whenever INPUT changes.
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n    " bytes "${bytes}")
file(WRITE "${OUTPUT}"
"// The built-in catalogue, generated from deploy/data/catalogue.csv.
#include \"common/catalogue/embedded.h\"

namespace anju {
namespace {
constexpr unsigned char kBytes[] = {
    ${bytes}};
}  // namespace
std::string_view EmbeddedCatalogue() { return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)}; }
}  // namespace anju
")
