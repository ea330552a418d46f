/* A shop of four actors in plain C: two tills take orders from outside, ask the stock, and tell the journal how it went.
 *
 *   this program --order--> shop/till/0..1 --request--> shop/stock/main
 *        \                        \--outcome--> shop/journal/main
 *         \----------------------"report"-----------^
 *
 * What to look at: a behaviour is a table of callbacks (till, stock, journal below); rights are given at spawn, nobody may do what was not
 * granted; every call that fails returns a status and puts one line into an airs_error; every message is accounted for at the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <airs/actor.h>
#include <airs/dead_letter.h>
#include <airs/id.h>
#include <airs/limits.h>
#include <airs/system.h>

enum { TILLS = 2, ORDERS = 40, PIECES_AN_ORDER = 3, PIECES_IN_STOCK = 100 };

/* What travels. Messages are bytes; between actors of one program a struct is fine. */
typedef struct order {
    unsigned pieces;
} order;

typedef struct outcome {
    unsigned pieces; /* sold; 0: refused */
} outcome;

/* --- the stock: answers requests ---------------------------------------------------------------------------------------- */

/* One worker at a time runs an actor, so its state needs no lock. */
typedef struct stock {
    unsigned left;
} stock;

static airs_result stock_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    stock *self = state;
    order wanted;
    if (message->length != sizeof wanted || message->request == AIRS_NO_REQUEST) {
        airs_error_set(error, AIRS_EINVAL, "not a request for pieces: %zu bytes", message->length);
        return AIRS_FAILED;
    }
    memcpy(&wanted, message->data, sizeof wanted);
    if (wanted.pieces > self->left) {
        static const char why[] = "sold out";
        airs_context_reply_failure(context, message->request, why, sizeof why - 1);
        return AIRS_HANDLED;
    }
    self->left -= wanted.pieces;
    airs_context_reply(context, message->request, &wanted, sizeof wanted);
    return AIRS_HANDLED;
}

static const airs_behavior stock_behavior = {.kind = "native", .handle = stock_handle};

/* --- a till: asks the stock, and sends the outcome on ------------------------------------------------------------------- */

typedef struct till {
    airs_component stock, journal; /* handles: they stay valid when their actor crashes and is restarted */
} till;

static airs_result till_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    till *self = state;
    airs_status status = AIRS_EINVAL;
    if (message->kind == AIRS_MESSAGE_REPLY) {
        outcome result = {.pieces = message->status == AIRS_OK ? PIECES_AN_ORDER : 0};
        status = airs_context_send(context, self->journal, &result, sizeof result);
    } else if (message->length == sizeof(order)) {
        /* Returns at once. The one end of every request, a reply or the reason why there is none, comes as a message of its own. */
        airs_request request;
        status = airs_context_request(context, self->stock, message->data, message->length, 1000, &request);
    }
    if (status != AIRS_OK) {
        airs_error_set(error, status, "an order of %zu bytes: %s", message->length, airs_status_text(status));
        return AIRS_FAILED; /* the message becomes a dead letter with this line; the actor goes on */
    }
    return AIRS_HANDLED;
}

static const airs_behavior till_behavior = {.kind = "native", .handle = till_handle};

/* --- the journal: watches, and reports when asked ----------------------------------------------------------------------- */

typedef struct journal {
    unsigned sold, sales, refusals;
} journal;

static airs_result journal_handle(void *state, airs_context *context, const airs_message *message, airs_error *error) {
    journal *self = state;
    outcome result;
    if (message->kind == AIRS_MESSAGE_EXECUTE) { /* the only operation it is asked for */
        char text[80];
        int length = snprintf(text, sizeof text, "%u pieces in %u orders, %u refused", self->sold, self->sales, self->refusals);
        airs_context_reply(context, message->request, text, (size_t)length);
        return AIRS_HANDLED;
    }
    if (message->length != sizeof result) {
        airs_error_set(error, AIRS_EINVAL, "not an outcome: %zu bytes", message->length);
        return AIRS_FAILED;
    }
    memcpy(&result, message->data, sizeof result);
    self->sold += result.pieces;
    self->sales += result.pieces > 0;
    self->refusals += result.pieces == 0;
    return AIRS_HANDLED;
}

static const airs_behavior journal_behavior = {.kind = "native", .handle = journal_handle};

/* --- the program -------------------------------------------------------------------------------------------------------- */

typedef struct shop {
    airs_system *system;
    airs_component stock_at, journal_at, tills_at[TILLS];
    /* The actors' states. A behaviour with a `free` callback would own them; these simply outlive the system. */
    stock stock;
    till tills[TILLS];
    journal journal;
} shop;

/* `send`: whom it may send to, `receive`: who may send to it; patterns of ids. What neither side allows is refused. */
static airs_status spawn(shop *shop, const char *name, const airs_behavior *behavior, void *state, const char *send, const char *receive,
                         airs_component *ret_component, airs_error *error) {
    airs_spawn_options options = {
        .limits = AIRS_LIMITS_DEFAULT,
        .capabilities = {.send = &send, .send_count = send != NULL, .receive = &receive, .receive_count = 1},
        .behavior = behavior,
        .state = state,
    };
    options.limits.mailbox_messages = 8; /* bounded: whoever sends faster than is handled has to wait */
    airs_status status = airs_component_id_parse(name, strlen(name), &options.id, error);
    return status == AIRS_OK ? airs_spawn(shop->system, &options, ret_component, error) : status;
}

static airs_status open_shop(shop *shop, airs_error *error) {
    shop->stock.left = PIECES_IN_STOCK;
    airs_status status = airs_system_new(NULL, &shop->system, error);
    if (status == AIRS_OK) {
        status = spawn(shop, "shop/stock/main", &stock_behavior, &shop->stock, NULL, "shop/till/*", &shop->stock_at, error);
    }
    if (status == AIRS_OK) {
        status = spawn(shop, "shop/journal/main", &journal_behavior, &shop->journal, NULL, "*/*/*", &shop->journal_at, error);
    }
    for (int i = 0; status == AIRS_OK && i < TILLS; i++) {
        char name[32];
        snprintf(name, sizeof name, "shop/till/%d", i);
        shop->tills[i] = (till){.stock = shop->stock_at, .journal = shop->journal_at};
        /* Code outside the system, such as this, sends as airs/outside/0. */
        status = spawn(shop, name, &till_behavior, &shop->tills[i], "shop/*/main", "airs/outside/0", &shop->tills_at[i], error);
    }
    return status == AIRS_OK ? airs_system_start(shop->system, error) : status;
}

static airs_status sell(shop *shop, airs_error *error) {
    order wanted = {.pieces = PIECES_AN_ORDER};
    airs_status status = AIRS_OK;
    for (int i = 0; status == AIRS_OK && i < ORDERS; i++) {
        status = airs_send(shop->system, shop->tills_at[i % TILLS], &wanted, sizeof wanted, AIRS_BLOCK_WHEN_FULL);
    }
    if (status == AIRS_OK) { /* not an order: handled with AIRS_FAILED */
        status = airs_send(shop->system, shop->tills_at[0], "hello", 5, AIRS_BLOCK_WHEN_FULL);
    }
    if (status == AIRS_OK) {
        status = airs_system_wait_quiescent(shop->system, 0);
    }
    return status == AIRS_OK ? status : airs_error_set(error, status, "selling: %s", airs_status_text(status));
}

static airs_status ask_journal(shop *shop, airs_error *error) {
    void *text = NULL;
    size_t length = 0;
    airs_status status = airs_execute(shop->system, shop->journal_at, "report", NULL, 0, 1000, &text, &length, error);
    if (status == AIRS_OK) {
        printf("sold: %s\n", (const char *)text);
        free(text);
    }
    return status;
}

static int print_dead_letter(void *user, const airs_dead_letter *letter) {
    (void)user;
    printf("dead letter for %s: %s: %s\n", letter->to->text, airs_status_name(letter->reason), letter->detail);
    return 0; /* go on with the next */
}

static airs_status close_shop(shop *shop, airs_error *error) {
    airs_status status = airs_system_drain(shop->system, 10000); /* takes nothing new, finishes what is there */
    if (status == AIRS_OK) {
        status = airs_system_stop(shop->system);
    }
    if (status != AIRS_OK) {
        return airs_error_set(error, status, "closing: %s", airs_status_text(status));
    }
    airs_balance balance;
    airs_system_balance(shop->system, &balance);
    airs_dead_letters_list(shop->system, print_dead_letter, NULL);
    printf("messages: %llu accepted, %llu delivered, %llu dead\n", (unsigned long long)balance.accepted,
           (unsigned long long)balance.delivered, (unsigned long long)balance.dead);
    return AIRS_OK;
}

int main(void) {
    shop shop = {0};
    airs_error error = {0};
    airs_status status = open_shop(&shop, &error);
    if (status == AIRS_OK) {
        airs_status refused = airs_send(shop.system, shop.stock_at, "mine", 4, AIRS_REJECT_WHEN_FULL);
        printf("past the tills: %s\n", airs_status_name(refused));
        status = sell(&shop, &error);
    }
    if (status == AIRS_OK) {
        status = ask_journal(&shop, &error);
    }
    if (status == AIRS_OK) {
        status = close_shop(&shop, &error);
    }
    airs_system_free(shop.system); /* stops it first, if something failed above */
    if (status != AIRS_OK) {
        fprintf(stderr, "shop: %s: %s\n", airs_status_name(status), error.text);
    }
    return airs_status_exit_code(status);
}
