/* Compiled as C11 and as C++11: the headers of the boundary, each twice, and each kind of table once. */
#include "hawser/abi.h"
#include "hawser/datagram.h"
#include "hawser/http.h"
#include "hawser/life.h"
#include "hawser/manifest.h"
#include "hawser/metrics.h"
#include "hawser/process.h"
#include "hawser/ready.h"
#include "hawser/records.h"
#include "hawser/sql.h"

#include "hawser/abi.h"
#include "hawser/datagram.h"
#include "hawser/http.h"
#include "hawser/life.h"
#include "hawser/manifest.h"
#include "hawser/metrics.h"
#include "hawser/process.h"
#include "hawser/ready.h"
#include "hawser/records.h"
#include "hawser/sql.h"

HAWSER_MANIFEST("name = \"headers\"\nversion = \"1.0.0\"\nabi = \"1.0\"\n")

int uses(const hawser_http_request *request, const hawser_value *options, hawser_loop *loop);

int uses(const hawser_http_request *request, const hawser_value *options, hawser_loop *loop)
{
    const uint32_t was = hawser_enter(loop, HAWSER_CRUMB(1, 2));
    hawser_enter(loop, was);
    return HAWSER_HAS(request, conn) && hawser_http_find(request, "host", 4) != NULL &&
           hawser_find(options, "x") != NULL;
}
