// libxml2's headers include those of ICU if the library is built with it. Foundation has another version of ICU, and a
// compiler that includes both reports conflicts. The types that differ, converters of encodings, aren't used here.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
