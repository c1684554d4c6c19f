package parley.client

import java.time.OffsetDateTime
import java.util.UUID
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.modules.SerializersModule
import parley.client.infrastructure.OffsetDateTimeAdapter
import parley.client.infrastructure.UUIDAdapter
import parley.client.models.MessagePayload
import parley.client.models.OwnChange
import parley.client.models.ServerEvent
import parley.client.models.UnknownChange
import parley.client.models.UnknownEvent
import parley.client.models.UnknownPayload

/**
 * JSON as Parley speaks it: fields that are null are left out, fields and variants that are not known yet are no error. Apps can keep models with it,
 * in a database for example.
 */
val ParleyJson: Json = Json {
    ignoreUnknownKeys = true
    explicitNulls = false
    serializersModule = SerializersModule {
        contextual(UUID::class, UUIDAdapter)
        contextual(OffsetDateTime::class, OffsetDateTimeAdapter)
        polymorphicDefaultDeserializer(MessagePayload::class) { UnknownPayload.serializer() }
        polymorphicDefaultDeserializer(OwnChange::class) { UnknownChange.serializer() }
        polymorphicDefaultDeserializer(ServerEvent::class) { UnknownEvent.serializer() }
    }
}

/**
 * On the wire a message's `type` stands beside its `payload`; in Kotlin it says which payload that is. This puts it there. The payload of a deleted
 * message is empty, whatever its type.
 */
internal fun JsonElement.withPayloadTypes(): JsonElement = when (this) {
    is JsonArray -> JsonArray(map { it.withPayloadTypes() })
    is JsonObject -> {
        val fields = mapValues { (_, value) -> value.withPayloadTypes() }
        val payload = fields["payload"] as? JsonObject
        val type = fields["type"]
        if (payload == null || type == null || "message_id" !in fields || "type" in payload) {
            JsonObject(fields)
        } else {
            val variant = if (payload.isEmpty()) JsonPrimitive("deleted") else type
            JsonObject(fields + ("payload" to JsonObject(payload + ("type" to variant))))
        }
    }
    else -> this
}
