"""The library's NDA: a short mutual-interest confidentiality undertaking, in Chinese and English side by side."""

from __future__ import annotations

NDA_ZH = """保密承诺

1. 保密信息指资料室中的全部文件、其中所载的一切信息，以及就其提出的问题与答复，无论是否标注“保密”。
2. 接收方仅为评估是否投资本项目而使用保密信息，不得用于其他目的，不得复制、转发、摄录或以任何方式向第三方披露；因评估确需知悉的董事、员工与专业顾问除外，且其须承担不低于本承诺的保密义务，接收方对其行为负责。
3. 下列信息不在此限：接收方能证明在披露前已合法知悉的；非因接收方违约而为公众所知的；自有权第三方合法取得的；独立开发的。
4. 依法律、法规或有权机关要求必须披露的，接收方应在法律允许的范围内事先通知披露方，并只披露必须披露的部分。
5. 剧本、大纲、人物设定及其他创意内容的一切权利归披露方所有；未经书面许可，接收方不得自行或委托他人改编、摄制或以近似方式使用。
6. 接收方知悉：每次查看与下载均被记录；所查看的页面带有写明查看人、所属机构与时间的水印。
7. 披露方可随时终止查看。终止后，接收方应停止使用并销毁所持有的保密信息；依法必须留存的除外。
8. 保密义务自接受之日起三年内有效；对创意内容，在其依法受保护期间持续有效。
9. 违反本承诺的，应赔偿由此造成的损失，并应披露方要求立即停止侵害。
10. 本承诺适用中华人民共和国法律（不含港澳台地区法律及冲突规范）。中英文文本不一致的，以中文为准。"""

NDA_EN = """Confidentiality undertaking

1. Confidential information means all documents in this data room, everything they contain, and the questions and answers about them, whether or not marked as confidential.
2. The recipient uses it solely to assess an investment in this project. It does not copy, forward, photograph or otherwise disclose it to third parties, except to those directors, employees and professional advisers who need to know it for that assessment, who are bound by duties no less strict, and for whom the recipient is responsible.
3. This does not apply to information that the recipient can show it lawfully knew before, that is or becomes public without its breach, that it lawfully obtained from a third party entitled to disclose it, or that it developed independently.
4. Where the law or a competent authority requires disclosure, the recipient gives prior notice as far as the law allows and discloses no more than is required.
5. All rights in scripts, outlines, characters and other creative content remain with the disclosing party. Without written permission the recipient does not adapt, produce or use them in a similar form, itself or through others.
6. The recipient knows that every view and download is recorded and that the pages shown carry a watermark naming the viewer, their organisation and the time.
7. The disclosing party may end access at any time. The recipient then stops using the confidential information and destroys what it holds, save what the law requires it to keep.
8. These duties last for three years from acceptance, and for creative content as long as it is protected by law.
9. Whoever breaches this undertaking compensates the resulting loss and, on request, ends the infringement at once.
10. The law of the People's Republic of China applies (excluding Hong Kong, Macao and Taiwan law and conflict rules). Where the Chinese and the English text differ, the Chinese text prevails."""
