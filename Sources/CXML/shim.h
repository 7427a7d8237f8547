// libxml2's headers include ICU's where the library is built with it. Foundation has another version of ICU, and a
// compiler that sees both refuses the differences. Nothing here uses what differs: the converters of an encoding.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/tree.h>
