package parley.example

import com.google.firebase.messaging.FirebaseMessagingService
import com.google.firebase.messaging.RemoteMessage
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import parley.client.Parley
import parley.client.models.FcmTokenRequest
import parley.client.models.PushPlatform

// region push-token
/** After every sign-in, and whenever FCM gives another one. The server forgets it with the session. */
suspend fun registerPushToken(parley: Parley, token: String) {
    parley.users.setFcmToken(FcmTokenRequest(token, PushPlatform.ANDROID))
}
// endregion

// region push-service
abstract class PushService : FirebaseMessagingService() {
    abstract val parley: Parley
    abstract fun show(note: PushNote)
    abstract fun clear(chatId: String)

    override fun onNewToken(token: String) {
        if (parley.signIn.tokens.value == null) return
        CoroutineScope(Dispatchers.IO).launch { registerPushToken(parley, token) }
    }

    override fun onMessageReceived(message: RemoteMessage) {
        val data = message.data
        val chatId = data["chat_id"] ?: return
        when (data["type"]) {
            "new_message", "group_added" -> show(noteOf(data))
            "chat.read" -> clear(chatId)
        }
    }
}
// endregion

// region push-data
/** What a notification shows. The field that the contract calls `message_type` is `msg_type` on the wire: FCM keeps the other name for itself. */
class PushNote(
    val chatId: String,
    val title: String,
    val text: String,
    val type: String,
    val avatar: String,
    val count: Int,
)

fun noteOf(data: Map<String, String>): PushNote = PushNote(
    chatId = data.getValue("chat_id"),
    title = data["chat_name"].orEmpty().ifEmpty { data["sender_name"].orEmpty() },
    text = data["message_preview"].orEmpty(),
    type = data["msg_type"].orEmpty(),
    avatar = data["sender_avatar"].orEmpty(),
    count = data["message_count"]?.toIntOrNull() ?: 1,
)
// endregion
