package parley.example

import androidx.paging.PagingSource
import androidx.paging.PagingState
import java.io.IOException
import java.util.UUID
import parley.client.Parley
import parley.client.models.AudioPayload
import parley.client.models.DeletedPayload
import parley.client.models.DocumentPayload
import parley.client.models.ImagePayload
import parley.client.models.LocationPayload
import parley.client.models.Message
import parley.client.models.SystemPayload
import parley.client.models.TextPayload
import parley.client.models.UnknownPayload
import parley.client.models.VideoPayload

// region paging
/** Newest first; for a list with `reverseLayout`. */
class HistorySource(private val parley: Parley, private val chatId: UUID) : PagingSource<String, Message>() {
    override suspend fun load(params: LoadParams<String>): LoadResult<String, Message> = try {
        val page = parley.messages.listMessages(chatId, params.key, params.loadSize.coerceAtMost(100))
        LoadResult.Page(page.messages, prevKey = null, nextKey = page.nextCursor?.toString())
    } catch (problem: IOException) {
        LoadResult.Error(problem)
    }

    /** After an invalidation begin with the newest. */
    override fun getRefreshKey(state: PagingState<String, Message>): String? = null
}
// endregion

// region payload
fun describe(message: Message): String = when (val payload = message.payload) {
    is TextPayload -> payload.body
    is ImagePayload -> "📷 ${payload.caption.orEmpty()}"
    is VideoPayload -> "📹 ${payload.caption.orEmpty()}"
    is AudioPayload -> "🎵 ${payload.durationMs / 1000} s"
    is DocumentPayload -> "📄 ${payload.filename}"
    is LocationPayload -> "📍 ${payload.latitude}, ${payload.longitude}"
    is SystemPayload -> payload.body
    is DeletedPayload -> "This message was deleted"
    is UnknownPayload -> "Update the app to see this message"
}
// endregion

/** All of a chat, newest first. */
suspend fun wholeHistory(parley: Parley, chatId: UUID, pageSize: Int): List<Message> {
    val source = HistorySource(parley, chatId)
    val all = mutableListOf<Message>()
    var key: String? = null
    do {
        val page = source.load(PagingSource.LoadParams(key, pageSize)) as PagingSource.LoadResult.Page
        all += page.data
        key = page.nextKey
    } while (key != null)
    return all
}
