package parley.example

import java.io.File
import java.util.UUID
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import okhttp3.HttpUrl
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.MultipartBody
import okhttp3.RequestBody.Companion.asRequestBody
import parley.client.Parley
import parley.client.models.ImagePayload
import parley.client.models.MediaType
import parley.client.models.Message
import parley.client.models.SendImageRequest

// region upload
suspend fun sendPhoto(parley: Parley, chatId: UUID, photo: File, caption: String?): Message {
    val bytes = photo.asRequestBody("application/octet-stream".toMediaType())
    val part = MultipartBody.Part.createFormData("file", photo.name, bytes)
    val media = parley.media.uploadMedia(MediaType.IMAGE, part)
    val message = SendImageRequest(UUID.randomUUID(), ImagePayload(media.mediaId, caption))
    return parley.messages.sendMessage(chatId, message)
}
// endregion

// region addresses
/** What an image loader takes: the server's own addresses are paths. */
fun thumbnail(parley: Parley, message: Message): HttpUrl? = parley.resolve(message.media?.thumbnailUrl)

/** Addresses work for an hour: before showing an old one, ask for it again. */
suspend fun freshAddress(parley: Parley, mediaId: UUID): HttpUrl? = parley.resolve(parley.media.getMedia(mediaId).url)

suspend fun download(parley: Parley, mediaId: UUID, to: File) = withContext(Dispatchers.IO) {
    parley.download(mediaId).use { body ->
        to.outputStream().use { body.byteStream().copyTo(it) }
    }
}
// endregion
