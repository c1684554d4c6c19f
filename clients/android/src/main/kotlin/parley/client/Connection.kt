package parley.client

import java.io.IOException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.contentOrNull
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.WebSocket
import okhttp3.WebSocketListener
import parley.client.models.ErrorData

/** One connection to `/ws` (docs/protocol.md), from its opening to its end. */
internal class Connection(http: OkHttpClient, request: Request, private val log: (String, Throwable?) -> Unit) {
    private val received = Channel<JsonObject>(Channel.UNLIMITED)
    private val waiting = ConcurrentHashMap<String, CompletableDeferred<JsonElement>>()
    private val ids = AtomicLong()

    /** Frames that are no answers, and `message.sent`, which is an event too. Ends with the connection. */
    val frames: ReceiveChannel<JsonObject> = received

    /** When something was heard last; of [System.nanoTime]. */
    @Volatile
    var heardAt = System.nanoTime()
        private set

    /** Why it ended, as WebSocket codes are (4001: the token); 0 where the network broke. */
    @Volatile
    var closeCode = 0
        private set

    private val socket = http.newWebSocket(request, Listener())

    /** Sends a frame that needs no answer. False: the connection has ended, or too much is waiting to be sent. */
    fun tell(event: String, data: JsonElement): Boolean = socket.send(frame(event, data, null).toString())

    /**
     * Sends a frame and waits for its answer, 10 s at most.
     *
     * @throws ParleyException where the server refuses
     * @throws IOException where no answer came: whether it was done is not known
     */
    suspend fun ask(event: String, data: JsonElement): JsonElement {
        val id = "android-${ids.incrementAndGet()}"
        val answer = CompletableDeferred<JsonElement>()
        waiting[id] = answer
        try {
            if (received.isClosedForSend || !socket.send(frame(event, data, id).toString())) throw IOException("not connected")
            return withTimeoutOrNull(10.seconds) { answer.await() } ?: throw IOException("no answer to $event")
        } finally {
            waiting.remove(id)
        }
    }

    /** Ends it at once. */
    fun cancel() = socket.cancel()

    private fun frame(event: String, data: JsonElement, id: String?) = buildJsonObject {
        put("event", JsonPrimitive(event))
        put("data", data)
        if (id != null) put("req_id", JsonPrimitive(id))
    }

    private fun take(text: String) {
        heardAt = System.nanoTime()
        val frame = ParleyJson.parseToJsonElement(text).jsonObject
        val event = frame["event"]?.jsonPrimitive?.contentOrNull
        val data = frame["data"] ?: JsonNull
        val answer = frame["req_id"]?.jsonPrimitive?.contentOrNull?.let(waiting::remove)
        if (event == "error") answer?.completeExceptionally(refusal(data)) else answer?.complete(data)
        if (event != "pong" && (answer == null || event == "message.sent")) received.trySend(frame)
    }

    private fun refusal(data: JsonElement): ParleyException {
        val error = ParleyJson.decodeFromJsonElement<ErrorData>(data)
        return ParleyException(error.reason, error.message, error.details.orEmpty(), error.retryAfter?.seconds)
    }

    private fun end(code: Int, cause: Throwable?) {
        if (closeCode == 0) closeCode = code
        received.close()
        val why = cause as? IOException ?: IOException("the connection ended with $code", cause)
        waiting.values.forEach { it.completeExceptionally(why) }
    }

    private inner class Listener : WebSocketListener() {
        override fun onMessage(webSocket: WebSocket, text: String) {
            try {
                take(text)
            } catch (problem: IllegalArgumentException) {
                log("a frame cannot be read", problem)
            }
        }

        override fun onClosing(webSocket: WebSocket, code: Int, reason: String) {
            webSocket.close(1000, null)
            end(code, null)
        }

        override fun onClosed(webSocket: WebSocket, code: Int, reason: String) = end(code, null)

        override fun onFailure(webSocket: WebSocket, t: Throwable, response: Response?) = end(0, t)
    }
}
