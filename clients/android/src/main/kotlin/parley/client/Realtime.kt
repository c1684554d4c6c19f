package parley.client

import java.io.IOException
import java.time.OffsetDateTime
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asSharedFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.decodeFromJsonElement
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long
import okhttp3.HttpUrl
import okhttp3.OkHttpClient
import okhttp3.Request
import parley.client.models.ErrorCode
import parley.client.models.MessageSentData
import parley.client.models.SendMessageRequest
import parley.client.models.ServerEvent

/** Live events over `/ws`: connects again by itself, renews the token before it runs out, pings. [Synchronizer] adds what was missed. */
class Realtime internal constructor(
    private val http: OkHttpClient,
    private val base: HttpUrl,
    private val signIn: SignIn,
    private val log: (String, Throwable?) -> Unit,
) {
    private val received = MutableSharedFlow<ServerEvent>(extraBufferCapacity = 256)
    private val signedIn = MutableStateFlow(0)
    private val live = MutableStateFlow<Connection?>(null)

    /** What the server tells, in its order. Collectors that are slow hold up the others. */
    val events: SharedFlow<ServerEvent> = received.asSharedFlow()

    /** How often a connection was ready: after each time, what was missed is to be fetched. */
    val connections: StateFlow<Int> = signedIn.asStateFlow()

    /** Whether a connection is ready now. */
    val isConnected: Boolean get() = live.value != null

    /** Stays connected until it is cancelled, or until nobody is signed in any more. Call it once at a time, while the app is in front. */
    suspend fun run() {
        var failures = 0
        while (true) {
            val began = System.nanoTime()
            try {
                serve(token() ?: return)
            } catch (problem: IOException) {
                log("no connection", problem)
            }
            if (System.nanoTime() - began > STABLE.inWholeNanoseconds) failures = 0
            delay(backOff(failures++))
        }
    }

    /**
     * Sends a message. Where it throws an [IOException] that is no [ParleyException], send the same request again, here or over REST: the same
     * `clientMsgId` is stored once.
     */
    suspend fun send(chatId: UUID, message: SendMessageRequest): MessageSentData {
        val data = ParleyJson.encodeToJsonElement(SendMessageRequest.serializer(), message).jsonObject
        return ParleyJson.decodeFromJsonElement(ask("message.send", JsonObject(data + chat(chatId))))
    }

    /** Says that messages reached this device; 100 ids at most. */
    suspend fun delivered(messageIds: List<UUID>) {
        val ids = JsonArray(messageIds.map { JsonPrimitive(it.toString()) })
        ask("message.delivered", JsonObject(mapOf("message_ids" to ids)))
    }

    /** Others see it for 5 s: repeat it while the user goes on. Nothing happens where there is no connection. */
    fun typing(chatId: UUID, isTyping: Boolean = true) {
        live.value?.tell(if (isTyping) "typing.start" else "typing.stop", JsonObject(chat(chatId)))
    }

    /** Sends any event of docs/protocol.md and gives its answer. Errors: as [send]. */
    suspend fun ask(event: String, data: JsonElement): JsonElement =
        (live.value ?: throw IOException("not connected")).ask(event, data)

    private suspend fun serve(token: String) = coroutineScope {
        val connection = Connection(http, Request.Builder().url(base.resolve("/ws")!!).build(), log)
        try {
            val expiresIn = authenticate(connection, token)
            live.value = connection
            signedIn.value++
            launch { keepAlive(connection) }
            launch { keepSignedIn(connection, token, expiresIn) }
            for (frame in connection.frames) read(frame)?.let { received.emit(it) }
            if (connection.closeCode == UNAUTHORIZED) renew(token)
        } catch (refusal: ParleyException) {
            log("the token was refused", refusal)
            if (refusal.code in tokenErrors) renew(token)
        } finally {
            live.value = null
            connection.cancel()
            coroutineContext.cancelChildren()
        }
    }

    private suspend fun authenticate(connection: Connection, token: String): Duration {
        val answer = connection.ask("auth", JsonObject(mapOf("token" to JsonPrimitive(token))))
        return answer.jsonObject.getValue("expires_in").jsonPrimitive.long.seconds
    }

    /** A connection on which nothing comes back is none. */
    private suspend fun keepAlive(connection: Connection) {
        while (true) {
            delay(PING)
            if (System.nanoTime() - connection.heardAt > SILENCE.inWholeNanoseconds) return connection.cancel()
            connection.tell("ping", JsonObject(emptyMap()))
        }
    }

    /** The token is renewed when a fifth of its life is left: the connection would end with it. */
    private suspend fun keepSignedIn(connection: Connection, first: String, firstLife: Duration) {
        var token = first
        var life = firstLife
        while (true) {
            delay(life * 0.8)
            try {
                token = renew(token) ?: return connection.cancel()
                life = authenticate(connection, token)
            } catch (problem: IOException) {
                log("the token of the connection could not be renewed", problem)
                life = RENEWAL_PAUSE
            }
        }
    }

    private suspend fun token(): String? {
        val held = signIn.tokens.value ?: return null
        return if (held.expiresAt > OffsetDateTime.now().plusSeconds(10)) held.accessToken else renew(held.accessToken)
    }

    private suspend fun renew(refused: String): String? = withContext(Dispatchers.IO) { signIn.renew(refused) }

    private fun read(frame: JsonObject): ServerEvent? = try {
        ParleyJson.decodeFromJsonElement(ServerEvent.serializer(), frame.withPayloadTypes())
    } catch (problem: IllegalArgumentException) {
        log("the event ${frame["event"]} cannot be read", problem)
        null
    }

    private fun chat(id: UUID) = mapOf("chat_id" to JsonPrimitive(id.toString()))

    private companion object {
        val PING = 25.seconds
        val SILENCE = 55.seconds
        val STABLE = 10.seconds
        val RENEWAL_PAUSE = 5.seconds
        const val UNAUTHORIZED = 4001
        val tokenErrors = setOf(ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_INVALID, ErrorCode.UNAUTHORIZED)
    }
}
