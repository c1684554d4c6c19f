/** Does with a live server what docs/android.md tells, and prints what came of it: one JSON object a line. tests/android.test.ts reads it. */
package parley.example

import androidx.lifecycle.LifecycleOwner
import java.io.File
import java.util.UUID
import kotlin.system.exitProcess
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import okhttp3.OkHttpClient
import okhttp3.Request
import parley.client.Parley
import parley.client.ParleyException
import parley.client.models.CreateGroupRequest
import parley.client.models.DeleteFor
import parley.client.models.EditMessageRequest
import parley.client.models.EditPayload
import parley.client.models.Message
import parley.client.models.MessageType
import parley.client.models.PrivacySettings
import parley.client.models.SendTextRequest
import parley.client.models.TextPayload
import parley.client.models.TypingEvent
import parley.client.models.UpdateProfileRequest
import parley.client.models.VerifyOtpRequest

private fun told(step: String, vararg values: Pair<String, Any?>) {
    val fields = values.associate { (name, value) -> name to JsonPrimitive(value?.toString()) }
    println(JsonObject(mapOf("step" to JsonPrimitive(step)) + fields))
}

/** Asks the test to do something to the network, and waits until it has. */
private suspend fun please(what: String) = withContext(Dispatchers.IO) {
    println(JsonObject(mapOf("please" to JsonPrimitive(what))))
    check(readln() == what)
}

private fun text(body: String) = SendTextRequest(UUID.randomUUID(), TextPayload(body))

private suspend fun refusalOf(call: suspend () -> Unit): ParleyException = try {
    call()
    error("it was not refused")
} catch (refusal: ParleyException) {
    refusal
}

private suspend fun until(what: String, condition: () -> Boolean) = try {
    withTimeout(20.seconds) { while (!condition()) delay(10) }
} catch (problem: Exception) {
    throw IllegalStateException("waited in vain for $what", problem)
}

fun main(args: Array<String>) {
    val (direct, relayed, phoneOfMina, phoneOfJonas) = args
    runBlocking {
        val mina = Parley(direct)
        val jonas = Parley(relayed, FileTokenStore(File(args[4], "tokens.json"))) { what, problem ->
            System.err.println("$what: $problem")
        }
        val wrong = refusalOf {
            askForCode(mina, phoneOfMina)
            mina.signIn(VerifyOtpRequest(phoneOfMina, "000000"))
        }
        told("wrong code", "code" to wrong.code, "status" to wrong.status)
        for ((who, phone) in listOf(mina to phoneOfMina, jonas to phoneOfJonas)) {
            val signedIn = signIn(who, phone, askForCode(who, phone)!!)
            told("signed in", "new" to signedIn.user.isNewUser, "life" to signedIn.expiresIn)
        }
        val id = jonas.users.getMe().id
        val hello = sayHello(mina, id)
        told("first message", "seq" to hello.seq, "type" to hello.type, "text" to describe(hello), "media" to hello.media)
        rest(mina, jonas, hello)
        files(mina, jonas, hello.chatId, File(args[5]))
        live(mina, jonas, hello.chatId)
        jonas.signOut()
        told("signed out", "tokens" to jonas.signIn.tokens.value, "error" to refusalOf { jonas.users.getMe() }.code)
    }
    // OkHttp's threads live on for a minute.
    exitProcess(0)
}

private suspend fun rest(mina: Parley, jonas: Parley, hello: Message) {
    val again = text("twice")
    val twice = List(2) { mina.messages.sendMessage(hello.chatId, again) }
    told("sent twice", "same" to (twice[0].messageId == twice[1].messageId))
    repeat(20) { mina.messages.sendMessage(hello.chatId, text("number $it")) }
    val history = wholeHistory(jonas, hello.chatId, 7)
    told("history", "size" to history.size, "seqs" to history.map { it.seq }, "first" to describe(history.first()))

    val missing = refusalOf { jonas.chats.getChat(UUID.randomUUID()) }
    told("missing chat", "code" to missing.code, "status" to missing.status, "said" to openChat(jonas, UUID.randomUUID()))
    val invalid = refusalOf { mina.messages.sendMessage(hello.chatId, text("")) }
    told("empty text", "code" to invalid.code, "path" to invalid.details.single().path)

    val edited = mina.messages.editMessage(hello.messageId, EditMessageRequest(EditPayload(body = "Hello again!")))
    mina.messages.deleteMessage(twice[0].messageId, DeleteFor.EVERYONE)
    val deleted = wholeHistory(jonas, hello.chatId, 50).single { it.messageId == twice[0].messageId }
    told("edited and deleted", "edited" to describe(edited), "deleted" to describe(deleted), "type" to deleted.type)

    val profile = jonas.users.updateMe(UpdateProfileRequest(displayName = "Jonas"))
    val privacy: PrivacySettings = jonas.users.getPrivacy()
    told("profile", "name" to profile.displayName, "about" to privacy.about, "avatar" to jonas.resolve(profile.avatarUrl))
    val group = mina.chats.createChat(CreateGroupRequest("Lake", participantIds = listOf(profile.id)))
    val system = mina.messages.listMessages(group.chatId).messages.last()
    told("group", "name" to group.name, "role" to group.participants.single { it.userId != profile.id }.role, "type" to system.type, "text" to describe(system))

    please("answer 503 once")
    told("after 503", "name" to jonas.users.getMe().displayName)
    please("refuse the token")
    val names = coroutineScope { List(8) { async { jonas.users.getMe().displayName } }.awaitAll() }
    told("after the token was refused", "names" to names.toSet())
}

private suspend fun files(mina: Parley, jonas: Parley, chatId: UUID, photo: File) {
    val message = sendPhoto(mina, chatId, photo, "The pier")
    val media = message.media!!
    told("photo", "type" to message.type, "text" to describe(message), "width" to media.width, "duration" to media.durationMs)
    val address = thumbnail(jonas, message)!!
    val bytes = withContext(Dispatchers.IO) {
        OkHttpClient().newCall(Request.Builder().url(address).build()).execute().use { it.body.bytes().size }
    }
    val copy = File(photo.path + ".copy")
    download(jonas, media.mediaId, copy)
    told("downloaded", "thumbnail" to (bytes > 0), "bytes" to (copy.length() == media.sizeBytes), "host" to freshAddress(jonas, media.mediaId)?.host)
}

private suspend fun live(mina: Parley, jonas: Parley, chatId: UUID) {
    val scope = CoroutineScope(Dispatchers.Default)
    val store = MemoryStore()
    fun holds(body: String) = store.messages.values.any { describe(it) == body }
    val typing = scope.async { jonas.realtime.events.first { it is TypingEvent } as TypingEvent }
    stayLive(object : LifecycleOwner { override val scope = scope }, jonas, store)
    until("the first sync") { holds("number 19") }
    told("synced", "connected" to jonas.realtime.isConnected, "photo" to holds("📷 The pier"))

    mina.messages.sendMessage(chatId, text("live"))
    until("the live message") { holds("live") }
    val sent = jonas.realtime.send(chatId, text("from Jonas"))
    told("live", "sent" to (mina.messages.listMessages(chatId).messages.first().messageId == sent.messageId))
    val other = scope.launch { mina.realtime.run() }
    until("the other connection") { mina.realtime.isConnected }
    mina.realtime.typing(chatId)
    told("typing", "chat" to (withTimeout(10.seconds) { typing.await() }.data.chatId == chatId))
    other.cancel()

    please("swallow an event")
    mina.messages.sendMessage(chatId, text("swallowed"))
    mina.messages.sendMessage(chatId, text("after the gap"))
    until("what was swallowed") { holds("swallowed") && holds("after the gap") }
    told("gap filled")

    please("drop the connection")
    mina.messages.sendMessage(chatId, text("while away"))
    please("let it connect again")
    until("what was missed") { holds("while away") }
    told("reconnected", "connections" to jonas.realtime.connections.value)

    please("wait for another token")
    mina.messages.sendMessage(chatId, text("with another token"))
    until("the message after the renewal") { holds("with another token") }
    told("renewed", "connected" to jonas.realtime.isConnected, "connections" to jonas.realtime.connections.value)
    val types = store.messages.values.map { it.type }
    told("store", "unknown" to types.count { it == MessageType.UNKNOWN })
    scope.cancel()
}
