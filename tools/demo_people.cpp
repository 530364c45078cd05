#include "tools/demo_people.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

#include "events/ip_address.hpp"
#include "events/text.hpp"

namespace muster::tools {
namespace {

// First and last names stand between spaces, each as it is written and, where it differs by more
// than accents, "=" and how it is written in Latin letters. Cities and streets stand between bars.
struct Culture {
    std::string_view language, country, phone;
    std::string_view street;  // With {} for its name.
    std::string_view first, last, cities, streets;
};

constexpr std::array cultures{
    Culture{"en", "GB", "+44 20 7946", "{} Street",
            "Alice Oliver Harriet Noah Imogen George Freya Callum Maisie Rhys",
            "Hughes Whitfield O'Connor Barnes Ashworth Mackay Pemberton Doyle Sinclair Tate",
            "Leeds|Bristol|Glasgow|Norwich", "Mill|Orchard|Chapel|Harbour"},
    Culture{"de", "DE", "+49 30 23125", "{}straße",
            "Jürgen Anneliese Björn Käthe Matthias Greta Sören Lieselotte Jonas Frieda",
            "Müller Großmann Schäfer Vogt Krüger Lindner Böhm Reuter Weiß Jansen",
            "Lübeck|Köln|Göttingen|Dresden", "Garten|Mühlen|Linden|Schul"},
    Culture{"fr", "FR", "+33 1 99 00", "12 rue {}",
            "Élodie François Zoé Benoît Margaux Rémi Océane Loïc Inès Gaël",
            "Lefèvre Moreau Garçon Dubois Chevalier Fournier Béranger Marchand Noël Picard",
            "Nîmes|Besançon|Rennes|Lyon", "des Lilas|de la Paix|du Moulin|Pasteur"},
    Culture{"es", "ES", "+34 91 555", "Calle {}",
            "José Lucía Íñigo Begoña Andrés Pilar Nicolás Marta Álvaro Nuria",
            "Muñoz García Ibáñez Peña Ortega Núñez Serrano Vidal Cortés Rivas",
            "Cádiz|Logroño|Valencia|León", "Mayor|del Sol|Cervantes|de la Luna"},
    Culture{"pt-BR", "BR", "+55 11 5550", "Rua {}",
            "João Conceição Thaís Otávio Letícia Caetano Íris Murilo Luíza Davi",
            "Assunção Araújo Guimarães Pereira Sá Brandão Teixeira Simões Moura Falcão",
            "São Paulo|Maceió|Goiânia|Niterói", "das Flores|do Porto|Sete|das Acácias"},
    Culture{"pl", "PL", "+48 22 555", "ul. {} 8",
            "Łukasz=lukasz Małgorzata=malgorzata Wojciech Zofia Grzegorz Agnieszka Paweł=pawel "
            "Bożena Jacek Ewa",
            "Wiśniewska Kowalczyk Dąbrowski Wójcik Zieliński Gołąb=golab Sikora "
            "Błaszczyk=blaszczyk Nowak Mazur",
            "Kraków|Łódź|Gdańsk|Toruń", "Lipowa|Długa|Polna|Ogrodowa"},
    Culture{"sv", "SE", "+46 8 465", "{}gatan 3",
            "Åsa Örjan Malin Göran Ebba Håkan Tuva Linnéa Sixten Elin",
            "Sjöberg Åkesson Lindqvist Öberg Hallström Nyström Ek Wallin Dahl Bergström",
            "Malmö|Västerås|Umeå|Örebro", "Björk|Stor|Kungs|Ängs"},
    Culture{"tr", "TR", "+90 212 555", "{} Sokak 5",
            "Ayşe Mehmet Gülşen Çağlar Işıl=isil Tuğba Ömer Zeynep Şule Kerem",
            "Yılmaz=yilmaz Öztürk Çelik Şahin Aydın=aydin Koç Güneş Demir Kılıç=kilic Arslan",
            "İzmir|Eskişehir|Muğla|Bursa", "Gül|Çınar|Deniz|Bahçe"},
    Culture{"ja", "JP", "+81 3 5550", "{}2-4-1",
            "陽菜=hina 蓮=ren さくら=sakura 大翔=hiroto 結衣=yui 健太=kenta 美咲=misaki 翼=tsubasa "
            "葵=aoi 直樹=naoki",
            "佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡辺=watanabe 山本=yamamoto "
            "小林=kobayashi 加藤=kato 吉田=yoshida 森=mori",
            "札幌市|仙台市|京都市|福岡市", "桜町|本町|緑ヶ丘|中央"},
    Culture{"ru", "KZ", "+7 727 355", "ул. {}, 14",
            "Алексей=aleksey Ольга=olga Дмитрий=dmitry Светлана=svetlana Тимур=timur Айгуль=aigul "
            "Елена=elena Руслан=ruslan Жанна=zhanna Игорь=igor",
            "Соколова=sokolova Ахметов=akhmetov Кузнецов=kuznetsov Ким=kim Орлова=orlova "
            "Нурланов=nurlanov Белов=belov Юсупова=yusupova Лебедев=lebedev Зуева=zueva",
            "Алматы|Караганда|Павлодар|Шымкент", "Садовая|Абая|Лесная|Мира"},
    Culture{"ar", "JO", "+962 6 555", "شارع {}",
            "ليلى=layla عمر=omar فاطمة=fatima يوسف=yousef مريم=maryam خالد=khaled سارة=sara "
            "طارق=tareq نور=nour حسن=hassan",
            "حداد=haddad الخطيب=alkhatib منصور=mansour عباس=abbas نجار=najjar صالح=saleh "
            "قاسم=qasim عودة=odeh زيدان=zidan شاهين=shaheen",
            "عمّان|إربد|العقبة|الزرقاء", "الورد|الجامعة|السلام|الزيتون"},
    Culture{"en", "NG", "+234 1 555", "{} Close",
            "Chidinma Adébáyọ̀=adebayo Ngozi Emeka Títílayọ̀=titilayo Ibrahim Amaka Ọláwálé=olawale "
            "Zainab Obinna",
            "Okafor Adéwálé=adewale Bello Nwosu Ogunlẹ́yẹ=ogunleye Eze Danjuma Balogun Okonkwo Uche",
            "Ibadan|Enugu|Kano|Lagos", "Palm|Unity|Marina|Iroko"},
    Culture{"hi", "IN", "+91 11 4155", "{} Marg",
            "आरव=aarav Priya Ananya दिव्या=divya Rohan मीरा=meera Vikram Kavya Sunil नेहा=neha",
            "शर्मा=sharma Iyer Patel Reddy गुप्ता=gupta Nair Kulkarni Bose सिंह=singh Joshi",
            "Pune|Jaipur|Kochi|Bhopal", "Nehru|Tilak|Ashoka|Gandhi"},
    Culture{"vi", "VN", "+84 24 555", "{} 27",
            "Minh Thảo Quân Hương Đức=duc Ngọc Tuấn Linh Bảo Yến",
            "Nguyễn Trần Phạm Hoàng Đặng=dang Võ Bùi Đỗ=do Lý Ngô", "Huế|Đà Nẵng|Hải Phòng|Cần Thơ",
            "Hàng Bạc|Lê Lợi|Trần Phú|Hoa Mai"},
};

constexpr std::string_view company_words =
    "North Silver Cedar Harbour Falcon Amber Granite Willow Copper Lumen Tidal Meadow Orbit "
    "Saffron Velvet Quarry Juniper Beacon Cobalt Marble Ember Prairie Lantern Summit";
constexpr std::string_view company_trades =
    "Bakery Software Travel Logistics Design Dental Books Energy Music Gardens Foods Studio";
constexpr std::string_view company_forms = "Ltd|GmbH|SARL|AB|Inc.|& Co.";
// Names that are reserved for examples (RFC 2606), one of them with letters outside ASCII.
constexpr std::string_view mail_domains =
    "example.com example.net example.org mail.example post.example bücher.example";
constexpr std::string_view user_agents =
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0|Mozilla/5.0 (Macintosh) "
    "Safari/605.1.15|Mozilla/5.0 (Windows NT 10.0) Chrome/110.0|Mozilla/5.0 (Android 13) "
    "Firefox/115.0";

// One of those that stand between separators.
std::string_view pick(Dice& dice, std::string_view list, char separator) {
    auto left = dice.below(static_cast<std::uint64_t>(std::ranges::count(list, separator)) + 1);
    while (left-- > 0)
        list.remove_prefix(list.find(separator) + 1);
    return list.substr(0, list.find(separator));
}

struct Name {
    std::string_view written, latin;
};
Name pick_name(Dice& dice, std::string_view list) {
    const auto name = pick(dice, list, ' ');
    const auto sign = name.find('=');
    if (sign == std::string_view::npos) return {name, {}};
    return {name.substr(0, sign), name.substr(sign + 1)};
}

std::string latin(const Name& name) {
    std::string plain;
    for (const char letter : name.latin.empty() ? folded(name.written) : std::string{name.latin}) {
        if (letter >= 'a' && letter <= 'z') plain.push_back(letter);
    }
    return plain;
}

// One in thirty addresses is written as the name is.
EmailAddress make_email(Dice& dice, const Name& first, const Name& last, std::uint64_t number) {
    const auto domain = pick(dice, mail_domains, ' ');
    const bool as_written = dice.chance(1.0 / 30);
    const auto local = as_written ? std::string{first.written} : latin(first) + "." + latin(last);
    if (auto email = EmailAddress::parse(fmt::format("{}{}@{}", local, number, domain)))
        return *email;
    return *EmailAddress::parse(fmt::format("person{}@example.com", number));
}

std::string make_ip(Dice& dice) {
    constexpr std::array<std::string_view, 3> networks{"192.0.2", "198.51.100", "203.0.113"};
    const auto host = dice.below(254) + 1;
    if (dice.chance(0.2))
        return parse_ip(fmt::format("2001:db8:{:x}::{:x}", dice.below(65536), host));
    return parse_ip(fmt::format("{}.{}", dice.pick(networks), host));
}

const Culture& culture_of(std::uint64_t seed, std::uint64_t number) {
    return Dice{seed, number}.pick(cultures);
}

}  // namespace

Dice::Dice(std::uint64_t seed, std::uint64_t number) : state_(seed) {
    state_ = next() + number * 0x9e3779b97f4a7c15U;
}

std::uint64_t Dice::next() {
    state_ += 0x9e3779b97f4a7c15U;
    auto value = state_;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9U;
    value = (value ^ value >> 27) * 0x94d049bb133111ebU;
    return value ^ value >> 31;
}

bool Dice::chance(double probability) {
    return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
}

std::uint64_t Dice::times(double expected) {
    const auto whole = static_cast<std::uint64_t>(expected);
    return whole + (chance(expected - static_cast<double>(whole)) ? 1 : 0);
}

MadeUp make_person(std::uint64_t seed, std::uint64_t number) {
    const auto& culture = culture_of(seed, number);
    Dice dice{seed ^ 0x70656f706c65, number};
    const auto first = pick_name(dice, culture.first);
    const auto last = pick_name(dice, culture.last);
    return {std::string{first.written},
            std::string{last.written},
            std::string{culture.language},
            make_email(dice, first, last, number),
            make_ip(dice),
            std::string{pick(dice, user_agents, '|')}};
}

Profile make_profile(std::uint64_t seed, std::uint64_t number, const MadeUp& person) {
    const auto& culture = culture_of(seed, number);
    Dice dice{seed ^ 0x66697273, number};
    Profile profile;
    if (dice.chance(0.7)) {
        const auto word = pick(dice, company_words, ' ');
        const auto trade = pick(dice, company_trades, ' ');
        profile.company_name = fmt::format("{} {} {}", word, trade, pick(dice, company_forms, '|'));
        profile.tax_id = fmt::format("{}{:09}", culture.country, dice.below(1'000'000'000));
    }
    profile.first_name = person.first_name;
    profile.last_name = person.last_name;
    profile.email = person.email.text();
    profile.phone = fmt::format("{} {:04}", culture.phone, dice.below(10'000));
    profile.address1 = fmt::format(fmt::runtime(culture.street), pick(dice, culture.streets, '|'));
    profile.city = pick(dice, culture.cities, '|');
    profile.postcode = fmt::format("{:05}", dice.below(100'000));
    profile.country = culture.country;
    return profile;
}

}  // namespace muster::tools
