package parley.example

import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import parley.client.Held
import parley.client.SyncStore
import parley.client.models.Message
import parley.client.models.MessageDeletedEvent
import parley.client.models.MessageEditedEvent
import parley.client.models.MessageNewEvent
import parley.client.models.ServerEvent
import parley.client.models.SyncResult

// region store
/** With Room each `apply` is a `withTransaction`, `held` a row of JSON, and messages rows by id. */
class MemoryStore : SyncStore {
    private var held = Held()
    val messages = ConcurrentHashMap<UUID, Message>()

    override suspend fun held(): Held = held

    override suspend fun apply(page: SyncResult, held: Held) {
        for (chat in page.chats) {
            if (chat.reset) messages.values.removeIf { it.chatId == chat.chatId }
            chat.messages.forEach { messages[it.messageId] = it }
        }
        this.held = held
    }

    override suspend fun apply(event: ServerEvent, held: Held) {
        when (event) {
            is MessageNewEvent -> messages[event.data.messageId] = event.data
            is MessageEditedEvent -> messages[event.data.messageId] = event.data
            is MessageDeletedEvent -> messages.remove(event.data.messageId)
            else -> Unit // reactions, positions, chats, …: as docs/protocol.md tells
        }
        this.held = held
    }
}
// endregion
