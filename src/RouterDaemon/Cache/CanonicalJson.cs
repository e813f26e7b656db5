using System.Text.Json;

namespace RouterDaemon.Cache;

/// <summary>JSON in one form: members in the order of their names, no white space, strings escaped one way. Numbers stay as written.</summary>
internal static class CanonicalJson
{
    /// <summary>Members of a request's body that steer the router or the transport and change nothing of what is answered.</summary>
    private static readonly string[] LeftOut = ["stream", "stream_options", "user", "metadata", "route"];

    /// <summary>Writes a request's body.</summary>
    /// <exception cref="InvalidOperationException">A string is no valid text.</exception>
    public static void WriteBody(Utf8JsonWriter json, JsonElement body) => Write(json, body, isBody: true);

    private static void Write(Utf8JsonWriter json, JsonElement value, bool isBody)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(json, value, isBody);
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(json, item, isBody: false);
                }

                json.WriteEndArray();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static void WriteObject(Utf8JsonWriter json, JsonElement value, bool isBody)
    {
        var members = new List<Member>();
        foreach (var property in value.EnumerateObject())
        {
            if (!isBody || Array.IndexOf(LeftOut, property.Name) < 0)
            {
                members.Add(new Member(property.Name, property.Value, members.Count));
            }
        }

        members.Sort(Member.Compare);
        json.WriteStartObject();
        foreach (var member in members)
        {
            json.WritePropertyName(member.Name);
            Write(json, member.Value, isBody: false);
        }

        json.WriteEndObject();
    }

    private sealed class Member(string name, JsonElement value, int place)
    {
        public string Name => name;

        public JsonElement Value => value;

        // Readers let the last of two equal names win, so their order means something.
        public static int Compare(Member a, Member b) => string.CompareOrdinal(a.Name, b.Name) is var order and not 0 ? order : a.Place - b.Place;

        private int Place => place;
    }
}
